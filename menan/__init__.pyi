from menan.datadir.metadata import read_labels as read_labels
from menan.errors import InputError as InputError
from menan.inference.infer import infer as infer
from menan.inference.predict import predict as predict
from menan.labels import LabelSet as LabelSet
from menan.model.model_file import load_model as load_model
from menan.scoring.files import score_files as score_files

__version__: str
