from menan.datadir.metadata import read_metadata as read_metadata
from menan.encoder_settings import EncoderSettings as EncoderSettings
from menan.errors import InputError as InputError
from menan.features.front_end import Extractor as Extractor
from menan.features.front_end import add_front_end as add_front_end
from menan.front_ends import FrontEnd as FrontEnd
from menan.inference.emotion_model import EmotionModel as EmotionModel
from menan.inference.emotion_model import load_model as load_model
from menan.inference.infer import infer as infer
from menan.inference.noise_key import NoiseKey as NoiseKey
from menan.inference.noise_key import NoiseSeed as NoiseSeed
from menan.inference.prediction import Prediction as Prediction
from menan.labels import LabelSet as LabelSet
from menan.model.bottlenecks import Bottleneck as Bottleneck
from menan.model.bottlenecks import add_bottleneck as add_bottleneck
from menan.model.encoder import Encoder as Encoder
from menan.model.encoders import add_encoder as add_encoder
from menan.plugins import load_plugins as load_plugins
from menan.scoring.score import score_files as score_files
from menan.settings import BottleneckSettings as BottleneckSettings
from menan.settings import ObjectiveSettings as ObjectiveSettings
from menan.training.objectives import Objective as Objective
from menan.training.objectives import Step as Step
from menan.training.objectives import add_objective as add_objective

__version__: str
