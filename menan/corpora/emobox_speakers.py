"""Who speaks in the corpora of EmoBox, by the paths of their files; most manifests do not tell it.

The comment above a rule names its source. All rules were compared with the manifests in EmoBox's
repository (commit 08280f2 of 2025; of MEAD the test part only): they match every file, and give
the number of speakers that EmoBox's README names, unless the comment says otherwise.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from menan.corpora import ravdess
from menan.labels import IEMOCAP_EMOTIONS


@dataclass(frozen=True)
class CorpusRule:
    r"""What menan knows about one of EmoBox's corpora.

    title: name of the corpus in results.
    pattern: found once in the path of a file, by :func:`re.search`; "" if paths do not tell who
        speaks.
    speaker: template of the speaker's id, as for :meth:`re.Match.expand`.
    men, women: the ids of men and of women, matched as a whole.
    names: labels of menan by scored label of EmoBox, in the order of posteriors. By default the
        scored labels in small letters, in C order.
    hint: where the speakers can be found, if paths do not tell them.
    sentence_of: text and intensity by the stem of a file's name, None where it does not tell.
    """

    title: str
    pattern: str = ""
    speaker: str = r"\1"
    men: str = r"$^"
    women: str = r"$^"
    names: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    sentence_of: Callable[[str], tuple[str | None, str | None]] = lambda stem: (None, None)

    def speaker_of(self, wav: str) -> str | None:
        """The speaker of a file; None if its path does not tell."""
        match = re.search(self.pattern, wav) if self.pattern else None
        return match.expand(self.speaker) if match else None

    def gender_of(self, speaker: str) -> str | None:
        """``f``, ``m``, or None if it is not known."""
        if re.fullmatch(self.men, speaker):
            return "m"
        return "f" if re.fullmatch(self.women, speaker) else None


_RAVDESS_NAMES = dict(
    zip(
        ("Neutral", "Calm", "Happy", "Sad", "Angry", "Fear", "Disgust", "Surprise"),
        ravdess.LABELS.labels,
        strict=True,
    )
)
_IEMOCAP_NAMES = dict(zip(("Angry", "Happy", "Neutral", "Sad"), IEMOCAP_EMOTIONS, strict=True))
_HAVE_DOOR = "the release has them: menan-prepare {}"

RULES: dict[str, CorpusRule] = {
    # The number in brackets: "Acted Emotional Speech Dynamic Database", m3c.web.auth.gr. One file
    # writes it as (01). Six speakers; EmoBox's README says 5.
    "aesdd": CorpusRule("AESDD", r"/[a-z]\d+\w? ?\(0*(\d+)\)[^/]*$"),
    # Last field of the name: README of github.com/wgwangang/ASED_V1.
    "ased": CorpusRule("ASED", r"-(\d\d)\.\w+$"),
    # Sixth field of the name: README of ASVP-ESD (Zenodo 7132783). 16 files lie in the folder of
    # another actor, and 171 in one without a number.
    "asvpesd": CorpusRule("ASVP-ESD", r"/(?:\d+-){5}(\d+)-[^/]*$"),
    # First field; men have odd numbers: Gournay et al. 2018, "A Canadian French Emotional Speech
    # Dataset" (CaFE).
    "cafe": CorpusRule("CaFE", r"/(\d\d)-[^/]*$", men=r"\d[13579]", women=r"\d[02468]"),
    # The folder of the speaker.
    "casia": CorpusRule("CASIA", r"casia/([^/]+)/"),
    # First field: README of github.com/CheyneyComputerScience/CREMA-D.
    "cremad": CorpusRule("CREMA-D", r"/(\d{4})_[^/]*$"),
    # One speaker: openslr.org/136.
    "emns": CorpusRule("EMNS", r"/[^/]*$", "emns"),
    # First two digits, and the list of speakers: Burkhardt et al. 2005, emodb.bilderbar.info.
    "emodb": CorpusRule(
        "Emo-DB", r"/(\d\d)[a-z]\d\d[^/]*$", men="03|10|11|12|15", women="08|09|13|14|16"
    ),
    # The folder begins with the speaker: README of github.com/numediart/EmoV-DB.
    "emovdb": CorpusRule("EmoV-DB", r"/([a-z]+)_\w+/[^/]*$", men="sam|josh", women="bea|jenie"),
    # The folder of the speaker: Costantini et al. 2014, "EMOVO corpus".
    "emovo": CorpusRule("EMOVO", r"/([fm]\d)/[^/]*$", men=r"m\d", women=r"f\d"),
    "emozionalmente": CorpusRule(
        "Emozionalmente", hint="the release has them in metadata/samples.csv"
    ),
    # The folder of the subject: Martin et al. 2006. 30 files in it have another number in their
    # names. 43 speakers; EmoBox's README says 44.
    "enterface": CorpusRule("eNTERFACE", r"/subject (\d+)/", r"subject\1"),
    # The number before '_': Zhou et al. 2022, "Emotional Voice Conversion: Theory, Databases and
    # ESD".
    "esd": CorpusRule("ESD", r"/(\d{4})_\d+\.\w+$"),
    # Session, and the letter after the last '_', as in menan-prepare iemocap.
    "iemocap": CorpusRule(
        "IEMOCAP",
        r"/(Ses\d\d)[FM]_[^/]*_([FM])\w+\.\w+$",
        r"\1\2",
        men=r"Ses\d\dM",
        women=r"Ses\d\dF",
        names=_IEMOCAP_NAMES,
    ),
    # First field: James et al. 2018, "An Open Source Emotional Speech Corpus for HRI".
    "jlcorpus": CorpusRule(
        "JL-Corpus", r"/((?:fe)?male\d)_[^/]*$", men=r"male\d", women=r"female\d"
    ),
    "m3ed": CorpusRule("M3ED", hint="the release has them in M3ED.json"),
    # The folder of the speaker: Wang et al. 2020, "MEAD".
    "mead": CorpusRule("MEAD", r"/([MW]\d{3})/", men=r"M\d+", women=r"W\d+"),
    "meld": CorpusRule("MELD", hint=_HAVE_DOOR.format("meld")),
    "mer2023": CorpusRule("MER2023", hint="the release does not tell them"),
    # Names tell the kind of voice only (F, M, C), not which of the eleven speakers it is.
    "mesd": CorpusRule("MESD", hint="the release does not tell them"),
    "msppodcast": CorpusRule("MSP-Podcast", hint=_HAVE_DOOR.format("msp-podcast")),
    # First two digits: Kerkeni et al. 2020, "French Emotional Speech Database - Oreau".
    "oreau": CorpusRule("Oreau", r"/(\d\d)[a-z]\d\d[^/]*$"),
    # One speaker: github.com/marytts/pavoque-data.
    "pavoque": CorpusRule("PAVOQUE", r"/[^/]*$", "pavoque", men="pavoque"),
    # Letter and number before the dot.
    "polish": CorpusRule("Polish", r"/([a-z]\d+)\.[^/]*$"),
    # Last field of the name, as in menan-prepare ravdess.
    "ravdess": CorpusRule(
        "RAVDESS",
        r"-(\d\d)\.\w+$",
        r"Actor_\1",
        men=r"Actor_\d[13579]",
        women=r"Actor_\d[02468]",
        names=_RAVDESS_NAMES,
        sentence_of=ravdess.sentence_of,
    ),
    "resd": CorpusRule("RESD", hint="the release does not tell them"),
    # Letters before '_'; four men: Haq & Jackson 2009, "Speaker-dependent audio-visual emotion
    # recognition".
    "savee": CorpusRule("SAVEE", r"/([A-Z]{2})_[^/]*$", men=r"[A-Z]{2}"),
    # Letter and number at the start: README of github.com/mansourehk/ShEMO.
    "shemo": CorpusRule("ShEMO", r"/([FM]\d\d)[A-Z]\d+[^/]*$", men=r"M\d+", women=r"F\d+"),
    # First two fields: Sultana et al. 2021, "SUST Bangla Emotional Speech Corpus".
    "subesco": CorpusRule("SUBESCO", r"/([FM]_\d\d)_[^/]*$", men=r"M_\d+", women=r"F_\d+"),
    # OAF and YAF, the older and the younger actress: Pichora-Fuller & Dupuis 2020.
    "tess": CorpusRule("TESS", r"/([OY]AF)_[^/]*$", women=r"[OY]AF"),
    # Letters after the first number. Four speakers; EmoBox's README says 6.
    "turevdb": CorpusRule("TurEV-DB", r"/\d+_([a-z]+)_[^/]*$"),
    # First field; SF are women: Latif et al. 2018, "Cross lingual speech emotion recognition: Urdu
    # vs. Western languages".
    "urdu": CorpusRule("URDU", r"/(S[FM]\d+)_[^/]*$", men=r"SM\d+", women=r"SF\d+"),
}


def rule_of(corpus: str) -> CorpusRule:
    """The rule of a corpus; one that knows only the name where there is none."""
    return RULES.get(corpus, CorpusRule(corpus))


def conflicts(told: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Keys whose speaker in the manifest contradicts the one that the rule finds, sorted.

    The two may use different names: where they have none in common, the rule's speaker that a
    manifest's speaker stands for is the one in most utterances.

    Args:
        told, found: speakers by key, of the manifest and of the rule.

    >>> conflicts({"a": "S1F", "b": "S1F"}, {"a": "S1F", "b": "S1M"})
    ['b']
    >>> conflicts({"a": "1", "b": "1", "c": "1"}, {"a": "x", "b": "x", "c": "y"})
    ['c']
    """
    both = [key for key in told if key in found]
    if set(told.values()) & set(found.values()):
        return sorted(key for key in both if told[key] != found[key])
    counts: dict[str, dict[str, int]] = {}
    for key in both:
        own = counts.setdefault(told[key], {})
        own[found[key]] = own.get(found[key], 0) + 1
    meant = {name: max(own, key=lambda one: own[one]) for name, own in counts.items()}
    return sorted(key for key in both if meant[told[key]] != found[key])
