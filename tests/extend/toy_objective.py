"""An objective for --plugin: the emotion loss, with a penalty on the speakers' mean embeddings."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

import menan


@dataclass(frozen=True)
class SpeakerMeansSettings(menan.ObjectiveSettings):
    """weight: weight of the penalty."""

    name = "means"
    description = "E + weight · variance of the speakers' mean embeddings"
    weight: float = 0.1


class SpeakerMeans(menan.Objective[SpeakerMeansSettings]):
    """E + weight * variance of the speakers' mean z in the batch."""

    def loss(self, step: menan.Step) -> Tensor:
        speakers = F.one_hot(step.speakers, step.speaker.log_p.shape[-1])
        weight = speakers * step.weight.unsqueeze(-1)  # (models, rows, speakers)
        of_speaker = weight.sum(dim=1).unsqueeze(-1)  # (models, speakers, 1)
        means = weight.transpose(1, 2) @ step.z / of_speaker.clamp(min=1e-9)
        centre = (step.weight.unsqueeze(-1) * step.z).sum(dim=1, keepdim=True)
        variance = (of_speaker * (means - centre).square()).sum(dim=(1, 2))
        return step.emotion_loss + self.settings.weight * variance


menan.add_objective(SpeakerMeansSettings, SpeakerMeans)
