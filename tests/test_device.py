import pytest
import torch

from menan.device import open_device
from menan.errors import InputError


def test_the_cpu_is_always_available():
    assert open_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cpu:0", "", "cuda:99"])
def test_an_unknown_device_is_an_input_error(name):
    with pytest.raises(InputError, match=f"--device {name}: "):
        open_device(name)
