"""What the card of a published model says to those who did not train it."""

from dataclasses import dataclass

from menan.errors import require


@dataclass(frozen=True)
class Description:
    """Where a published model comes from, how good it is, and what it must not be used for.

    corpus: its training data.
    licence: the licence of that corpus, and what follows for the model.
    not_for: uses that are ruled out.
    protocol: how ``ua`` was measured.
    ua: mean UA on speakers that the measured models were not trained on, between 0 and 1.
    ua_interval: the 95 % interval of ``ua``.
    temperature: divides the logits of EC, so that posteriors are probabilities; fitted on
        speakers that the measured models were not trained on, None if none validated.
    """

    corpus: str
    licence: str
    not_for: str
    protocol: str
    ua: float
    ua_interval: tuple[float, float]
    temperature: float | None

    def __post_init__(self) -> None:
        low, high = self.ua_interval
        require(0 <= low <= self.ua <= high <= 1, "ua must lie in its interval, from 0 to 1")
        require(
            self.temperature is None or 0 < self.temperature < 1000, "temperature must be positive"
        )

    @property
    def in_short(self) -> str:
        """Corpus, UA on unseen speakers and licence."""
        low, high = (100 * bound for bound in self.ua_interval)
        ua = f"UA {100 * self.ua:.0f} % [{low:.0f}, {high:.0f}] on unseen speakers"
        return f"trained on {self.corpus}, {ua} of it; {self.licence}"
