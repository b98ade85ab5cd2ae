import pytest
import torch

from menan.device import open_device
from menan.errors import InputError


def test_cpu_is_there():
    assert open_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cpu:0", "", "cuda:99"])
def test_a_device_that_is_not_is_one_error(name):
    with pytest.raises(InputError, match=f"--device {name}: "):
        open_device(name)
