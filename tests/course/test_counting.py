import pytest

from course import counting


@pytest.mark.parametrize(
    ("layer", "params"),
    [
        ((64, 64, 3), 36_928),  # of the worked examples of units 2, 3 and 6
        ((32, 16, 3), 4_624),
        ((3, 64, 7), 9_472),
        ((24, 16, 1), 400),
        ((512, 512, 3), 2_359_808),
        ((3, 5, (4, 2)), 125),
    ],
)
def test_parameters_on_paper(layer, params):
    assert counting.conv_params(*layer) == params


@pytest.mark.parametrize(
    ("layer", "macs"),
    [
        ((64, 64, 3, 56), 115_605_504),
        ((32, 16, 3, (126, 126)), 73_156_608),
        ((192, 32, 5, 28), 120_422_400),
        ((3, 5, (4, 2), (7, 16)), 13_440),
    ],
)
def test_products_on_paper(layer, macs):
    assert counting.conv_macs(*layer) == macs


def test_a_dense_layer_is_a_kernel_of_one_pixel():
    assert counting.conv_params(7 * 7 * 512, 4096, 1) - 4096 == 102_760_448
    assert counting.conv_macs(25_088, 4096, 1, 1) == 102_760_448


def test_counts_are_plain_ints_that_do_not_overflow():
    assert type(counting.conv_params(2**20, 2**20, (3, 3))) is int
    assert counting.conv_macs(2**20, 2**20, 3, 2**20) == 9 * 2**80


def test_counts_agree_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    layer = torch.nn.Conv2d(3, 5, (4, 2))
    assert counting.conv_params(3, 5, (4, 2)) == sum(p.numel() for p in layer.parameters())


def test_dense_layers_one_behind_the_other():
    assert counting.dense_params(18, [10, 4]) == 190 + 44
    assert counting.dense_params(25_088, [4096, 4096, 1000]) == 123_642_856  # VGG16's
    assert counting.dense_params(25_088, []) == 0
