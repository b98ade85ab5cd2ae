"""The synthetic voice: what it promises of a waveform, and what a classifier hears in it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torchaudio.compliance.kaldi import fbank

from menan.corpora.synthetic.release import named_rng
from menan.corpora.synthetic.voice import SAMPLE_RATE, draw_speaker, noise_floor, synthesize
from menan.labels import IEMOCAP_EMOTIONS


def say(gender, emotion, number, seconds=2.0):
    """One utterance of one speaker a gender, always the same for the same arguments."""
    speaker = draw_speaker(gender, named_rng(0, gender))
    return synthesize(speaker, emotion, named_rng(0, gender, emotion, number), seconds)


def level_db(wave):
    return 10 * np.log10(np.mean(wave.astype(float) ** 2))


def pitch_hz(wave):
    """Median over frames of 40 ms of the strongest autocorrelation between 60 and 400 hz."""
    frames = np.lib.stride_tricks.sliding_window_view(wave, 640)[::160] * np.hanning(640)
    correlation = np.fft.irfft(np.abs(np.fft.rfft(frames, 2048)) ** 2)
    lags = np.arange(40, 266)
    peaks = correlation[:, lags]
    voiced = (peaks.max(1) > 0.4 * correlation[:, 0]) & (
        correlation[:, 0] > 0.05 * correlation[:, 0].max()
    )
    return SAMPLE_RATE / np.median(lags[peaks[voiced].argmax(1)])


@pytest.mark.parametrize("seconds", [0.5, 1.23456, 20.0])
@pytest.mark.parametrize("emotion", IEMOCAP_EMOTIONS)
def test_waveform_has_the_length_asked_and_does_not_clip(emotion, seconds):
    wave = say("f", emotion, 0, seconds)
    assert wave.dtype == np.float32
    assert wave.shape == (round(seconds * SAMPLE_RATE),)
    assert np.isfinite(wave).all()
    assert 0.01 < np.abs(wave).max() < 1


def test_an_utterance_is_repeated_by_its_generator_and_changed_by_another():
    assert np.array_equal(say("m", "hap", 0), say("m", "hap", 0))
    assert not np.array_equal(say("m", "hap", 0), say("m", "hap", 1))


@pytest.mark.parametrize("gender", ["f", "m"])
def test_neutral_speech_is_near_the_speakers_usual_pitch(gender):
    usual = draw_speaker(gender, named_rng(0, gender)).pitch
    heard = np.median([pitch_hz(say(gender, "neu", number)) for number in range(6)])
    assert abs(12 * np.log2(heard / usual)) < 3


def test_women_speak_higher_than_men():
    speakers = {
        gender: [draw_speaker(gender, named_rng(0, gender, n)).pitch for n in range(30)]
        for gender in "fm"
    }
    assert np.mean(speakers["f"]) > 1.4 * np.mean(speakers["m"])


def test_a_shorter_vocal_tract_moves_the_formants_up():
    def centre_hz(factor):
        """Centre of the power between the first and the second formants' outer bounds."""
        speaker = draw_speaker("m", named_rng(0, "m"))
        speaker = replace(speaker, formants=np.full(6, factor))
        waves = [synthesize(speaker, "neu", named_rng(0, n), 2.0) for n in range(4)]
        power = sum(np.abs(np.fft.rfft(wave)) ** 2 for wave in waves)
        hz = np.fft.rfftfreq(len(waves[0]), 1 / SAMPLE_RATE)
        band = (hz > 200) & (hz < 2500)
        return np.sum(hz[band] * power[band]) / np.sum(power[band])

    assert centre_hz(1.2) > 1.1 * centre_hz(1.0)


def test_anger_is_louder_and_higher_than_sadness():
    angry = [say("m", "ang", number) for number in range(6)]
    sad = [say("m", "sad", number) for number in range(6)]
    assert np.mean([level_db(w) for w in angry]) > np.mean([level_db(w) for w in sad]) + 4
    assert np.median([pitch_hz(w) for w in angry]) > np.median([pitch_hz(w) for w in sad]) * 1.1


def test_noise_floor_has_the_speakers_level():
    speaker = draw_speaker("f", named_rng(0, "f"))
    noise = noise_floor(speaker, named_rng(0, "noise"), SAMPLE_RATE)
    assert noise.dtype == np.float32
    assert level_db(noise) == pytest.approx(speaker.noise, abs=0.1)


@pytest.fixture(scope="module")
def statistics():
    """Log-mel mean, deviation, maximum, and pitch, (160, 121); emotions, speakers, groups."""
    rows, emotions, speakers = [], [], []
    for index in range(10):
        speaker = draw_speaker("fm"[index % 2], named_rng(0, "speaker", index))
        for emotion in IEMOCAP_EMOTIONS:
            for number in range(4):
                rng = named_rng(0, index, emotion, number)
                wave = synthesize(speaker, emotion, rng, rng.uniform(1.2, 3.5))
                wave += noise_floor(speaker, rng, len(wave))
                mel = fbank(
                    torch.from_numpy(wave)[None] * 32768, num_mel_bins=40, frame_length=40
                ).numpy()
                parts = [mel.mean(0), mel.std(0), mel.max(0), [np.log(pitch_hz(wave))]]
                rows.append(np.concatenate(parts))
                emotions.append(emotion)
                speakers.append(index)
    speakers = np.array(speakers)
    return np.stack(rows), np.array(emotions), speakers, speakers // 2


def probe(rows, labels, **splits):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    return balanced_accuracy_score(labels, cross_val_predict(model, rows, labels, **splits))


def test_emotion_of_unseen_speakers_is_neither_lost_nor_plain(statistics):
    rows, emotions, _, groups = statistics
    assert 0.35 < probe(rows, emotions, groups=groups, cv=LeaveOneGroupOut()) < 0.97


def test_speaker_is_heard_across_utterances(statistics):
    rows, _, speakers, _ = statistics
    folds = StratifiedKFold(4, shuffle=True, random_state=0)
    assert probe(rows, speakers, cv=folds) >= 0.6
