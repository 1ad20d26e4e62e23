"""The layers against finite differences, paper and PyTorch; networks of them."""

import doctest

import numpy as np
import pytest

from course import nn
from tests.dtypes import in_dtype
from tests.small_networks import nested_network, small_network, spread

# What is drawn here has no ties and no zeros, so the kinks of ReLU and of max pooling are far.


def alone(layer):
    """A network of this one layer, in float64, its biases not 0."""
    network = in_dtype(nn.Network({"layer": layer}), np.float64)
    for seed, array in enumerate(network.params.values(), start=1):
        array[...] = spread(array.shape, seed) / 2
    return network


LAYERS = {
    "conv": (lambda: nn.Conv(2, 3, (3, 2)), (2, 2, 5, 6)),
    "conv with stride and pad": (lambda: nn.Conv(3, 2, (2, 3), (3, 2), (1, 2)), (2, 3, 6, 7)),
    "conv 1 × 1": (lambda: nn.Conv(3, 4, 1), (2, 3, 4, 5)),
    "conv as large as the picture": (lambda: nn.Conv(2, 3, (4, 5)), (2, 2, 4, 5)),
    "dense": (lambda: nn.Dense(5, 3), (4, 5)),
    "relu": (nn.ReLU, (2, 3, 4, 5)),
    "max pool": (lambda: nn.MaxPool(2), (2, 3, 5, 6)),
    "max pool, overlapping": (lambda: nn.MaxPool((3, 2), (2, 1)), (2, 2, 6, 5)),
    "average pool": (lambda: nn.AvgPool(2), (2, 3, 5, 6)),
    "average pool, overlapping": (lambda: nn.AvgPool((2, 3), (1, 2)), (2, 2, 5, 7)),
    "max pool with gaps": (lambda: nn.MaxPool(1, (3, 2)), (2, 2, 5, 6)),
    "subsample": (lambda: nn.AvgPool(1, (2, 3)), (2, 3, 5, 8)),
    "global average pool": (nn.GlobalAvgPool, (2, 3, 4, 5)),
    "flatten": (nn.Flatten, (2, 3, 4, 5)),
    "residual": (
        lambda: nn.Residual(
            {"conv1": nn.Conv(2, 3, 3, pad=1), "relu": nn.ReLU(), "conv2": nn.Conv(3, 2, 1)}
        ),
        (2, 2, 4, 5),
    ),
    "residual with shortcut": (
        lambda: nn.Residual(
            nn.Network({"conv": nn.Conv(2, 3, (3, 1), (2, 1), (1, 0)), "relu": nn.ReLU()}),
            shortcut=nn.Conv(2, 3, 1, (2, 1)),
        ),
        (2, 2, 5, 4),
    ),
    "concatenation": (
        lambda: nn.Concat(
            {
                "relu": nn.ReLU(),
                "1x1": nn.Conv(3, 2, 1),
                "3x3": nn.Network({"reduce": nn.Conv(3, 1, 1), "conv": nn.Conv(1, 4, 3, pad=1)}),
            }
        ),
        (2, 3, 4, 5),
    ),
    "residual in a concatenation in a residual": (
        lambda: nn.Residual(
            {
                "mixed": nn.Concat(
                    {"block": nn.Residual({"conv": nn.Conv(2, 2, 1)}), "conv": nn.Conv(2, 1, 1)}
                ),
                "last": nn.Conv(3, 2, (1, 3), pad=(0, 1)),
            }
        ),
        (2, 2, 3, 4),
    ),
}


def numeric_gradient(function, array, step=1e-5):
    """Central differences of a number-valued function of an array, changed in place."""
    gradient = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + step
        above = function()
        array[index] = kept - step
        gradient[index] = (above - function()) / (2 * step)
        array[index] = kept
    return gradient


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_knows_its_gradient(name):
    make, shape = LAYERS[name]
    network, x = alone(make()), spread(shape)
    weights = spread(network.forward(x).shape, seed=2)  # the loss is a weighted sum of the output

    def loss():
        return (weights * network.forward(x)).sum()

    dx = network.backward(weights)
    grads = network.grads
    assert dx.shape == x.shape
    np.testing.assert_allclose(dx, numeric_gradient(loss, x), rtol=1e-4, atol=1e-8)
    assert list(grads) == list(network.params)
    for key, array in network.params.items():
        numeric = numeric_gradient(loss, array)
        np.testing.assert_allclose(grads[key], numeric, rtol=1e-4, atol=1e-8, err_msg=key)


def test_a_network_knows_its_gradient():
    rng = np.random.default_rng(0)
    network = in_dtype(small_network(rng), np.float64)
    x, labels = rng.normal(size=(3, 2, 6, 8)), np.array([0, 2, 2])

    def loss():
        return nn.cross_entropy(network.forward(x), labels)[0]

    dx = network.backward(nn.cross_entropy(network.forward(x), labels)[1])
    grads = network.grads
    assert list(grads) == list(network.params)
    np.testing.assert_allclose(dx, numeric_gradient(loss, x), rtol=1e-4, atol=1e-8)
    for name, array in network.params.items():
        numeric = numeric_gradient(loss, array)
        np.testing.assert_allclose(grads[name], numeric, rtol=1e-4, atol=1e-8, err_msg=name)


# -- PyTorch --------------------------------------------------------------------------------------


def in_pytorch(torch, name, x, params):
    """The layer of ``LAYERS`` called ``name``, in PyTorch."""
    f = torch.nn.functional

    def conv(x, first, **options):
        """With the weights that are number ``first`` of the parameters, and their bias."""
        return f.conv2d(x, *params[first : first + 2], **options)

    def mixed():
        return torch.cat([x + conv(x, 0), conv(x, 2)], dim=1)

    return {
        "conv": lambda: f.conv2d(x, *params),
        "conv with stride and pad": lambda: f.conv2d(x, *params, (3, 2), (1, 2)),
        "conv 1 × 1": lambda: f.conv2d(x, *params),
        "conv as large as the picture": lambda: f.conv2d(x, *params),
        "dense": lambda: f.linear(x, *params),
        "relu": lambda: f.relu(x),
        "max pool": lambda: f.max_pool2d(x, 2),
        "max pool, overlapping": lambda: f.max_pool2d(x, (3, 2), (2, 1)),
        "average pool": lambda: f.avg_pool2d(x, 2),
        "average pool, overlapping": lambda: f.avg_pool2d(x, (2, 3), (1, 2)),
        "max pool with gaps": lambda: f.max_pool2d(x, 1, (3, 2)),
        "subsample": lambda: x[:, :, ::2, ::3],
        "global average pool": lambda: x.mean((2, 3)),
        "flatten": lambda: x.flatten(1),
        "residual": lambda: x + conv(conv(x, 0, padding=1).relu(), 2),
        "residual with shortcut": lambda: (
            conv(x, 0, stride=(2, 1), padding=(1, 0)).relu() + conv(x, 2, stride=(2, 1))
        ),
        "concatenation": lambda: torch.cat(
            [x.relu(), conv(x, 0), conv(conv(x, 2), 4, padding=1)], dim=1
        ),
        "residual in a concatenation in a residual": lambda: x + conv(mixed(), 4, padding=(0, 1)),
    }[name]()


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_agrees_with_pytorch(name):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    make, shape = LAYERS[name]
    network, x = alone(make()), spread(shape)
    theirs = [torch.tensor(array, requires_grad=True) for array in (x, *network.params.values())]
    out = in_pytorch(torch, name, theirs[0], theirs[1:])
    np.testing.assert_allclose(network.forward(x), out.detach().numpy(), rtol=1e-12, atol=1e-12)

    weights = spread(out.shape, seed=2)
    out.backward(torch.from_numpy(weights))
    ours = [network.backward(weights), *network.grads.values()]
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other.grad.numpy(), rtol=1e-12, atol=1e-12)


# -- on paper -------------------------------------------------------------------------------------


def test_convolution_on_paper():
    from course import images

    conv = nn.Conv(3, 1, 3, pad=1)
    x, w = images.second()
    conv.params["w"] = w
    np.testing.assert_array_equal(
        conv.forward(x)[0, 0], [[8, 7, 8, -4], [9, 12, 11, -5], [9, 11, 12, -6], [6, 7, 7, -2]]
    )


def test_equal_maxima_share_the_gradient():
    pool = nn.MaxPool((2, 3))
    x = np.array([[5.0, 1, 5, 7, 0, 7], [5, 5, 2, 1, 7, 7]])[None, None]
    assert pool.forward(x).tolist() == [[[[5, 7]]]]
    dx = pool.backward(np.array([[[[1.0, 2]]]]))
    assert dx[0, 0].tolist() == [[0.25, 0, 0.25, 0.5, 0, 0.5], [0.25, 0.25, 0, 0, 0.5, 0.5]]


def test_overlapping_windows_add_their_gradients():
    pool = nn.MaxPool((1, 2), 1)
    x = np.array([[1.0, 3, 2]])[None, None]
    pool.forward(x)
    assert pool.backward(np.array([[[[1.0, 10]]]])).tolist() == [[[[0, 11, 0]]]]


def test_cross_entropy_on_paper():
    loss, grad = nn.cross_entropy(np.zeros((2, 4)), np.array([1, 3]))
    assert loss == pytest.approx(np.log(4))
    assert grad.tolist() == [[0.125, -0.375, 0.125, 0.125], [0.125, 0.125, 0.125, -0.375]]


def test_cross_entropy_of_huge_logits_is_finite():
    loss, grad = nn.cross_entropy(np.array([[1e4, -1e4], [1e4, -1e4]]), np.array([0, 1]))
    assert loss == 1e4
    assert np.isfinite(grad).all()


def test_a_residual_with_zero_weights_is_the_identity():
    block = nn.Residual(
        {"conv1": nn.Conv(3, 4, 3, pad=1), "relu": nn.ReLU(), "c": nn.Conv(4, 3, 1)}
    )
    x = spread((2, 3, 4, 5))
    np.testing.assert_array_equal(block.forward(x), x)
    np.testing.assert_array_equal(block.backward(x), x)


def test_branches_stand_one_after_another():
    branches = nn.Concat({"two": nn.Conv(1, 2, 1), "relu": nn.ReLU()})
    branches.layers["two"].params["w"][:, 0, 0, 0] = 10, 100
    out = branches.forward(np.array([[1.0, 2]]).reshape(1, 1, 1, 2))
    assert out[0, :, 0].tolist() == [[10, 20], [100, 200], [1, 2]]
    dx = branches.backward(np.array([[1.0, 0], [0, 1], [5, 7]]).reshape(1, 3, 1, 2))
    assert dx[0, 0, 0].tolist() == [10 + 5, 100 + 7]


# -- dtypes, what is left alone, what is refused --------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_is_computed_in_the_dtype_of_the_parameters(dtype):
    network = in_dtype(small_network(np.random.default_rng(0)), dtype)
    out = network.forward(np.full((2, 2, 6, 8), 7, np.uint8))
    loss, grad = nn.cross_entropy(out, np.array([0, 1]))
    dx = network.backward(grad)
    arrays = [out, loss, grad, dx, *network.params.values(), *network.grads.values()]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_layer_keeps_the_dtype_and_leaves_its_arguments_alone(name, dtype):
    make, shape = LAYERS[name]
    network, x = in_dtype(alone(make()), dtype), spread(shape).astype(dtype)
    x.flags.writeable = False
    out = network.forward(x)
    grad = np.ones_like(out)
    grad.flags.writeable = False
    dx = network.backward(grad)
    assert {out.dtype, dx.dtype, *(g.dtype for g in network.grads.values())} == {np.dtype(dtype)}


def test_he_initialisation():
    w = nn.Conv(32, 64, (3, 5), rng=np.random.default_rng(0)).params["w"]
    assert w.dtype == np.float32
    assert w.std() == pytest.approx(np.sqrt(2 / (32 * 15)), rel=0.03)
    assert abs(w.mean()) < 0.001


def test_the_generator_decides_the_weights():
    one, same, other = (small_network(np.random.default_rng(seed)).params for seed in (0, 0, 1))
    assert all((one[name] == same[name]).all() for name in one)
    assert (one["conv1.w"] != other["conv1.w"]).all()


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.Conv(3, 4, 3), (2, 1, 8, 8), r"x must be \(N, 3, H, W\), got \(2, 1, 8, 8\)"),
        (nn.Conv(3, 4, 3), (3, 8, 8), r"x must be \(N, 3, H, W\), got \(3, 8, 8\)"),
        (nn.Conv(3, 4, 3), (2, 3, 2, 8), r"kernel \(3, 3\) is larger than the picture \(2, 8\)"),
        (nn.MaxPool(3), (2, 3, 4, 2), r"kernel \(3, 3\) is larger than the picture \(4, 2\)"),
        (nn.Dense(5, 2), (3, 4), r"x must be \(N, 5\), got \(3, 4\)"),
        (
            nn.Residual({"conv": nn.Conv(2, 1, 1)}),
            (3, 2, 4, 5),
            r"cannot add shapes \(3, 1, 4, 5\), inner, and \(3, 2, 4, 5\), shortcut",
        ),
        (
            nn.Concat({"same": nn.Conv(2, 1, 3, pad=1), "valid": nn.Conv(2, 1, 3)}),
            (3, 2, 4, 5),
            "must match exactly",
        ),
    ],
)
def test_a_layer_refuses_what_does_not_fit(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.forward(np.zeros(shape))


# -- networks and their files ---------------------------------------------------------------------


def test_parameters_are_named_after_their_layer():
    names = ["conv1.w", "conv1.b", "conv2.w", "conv2.b", "head.w", "head.b"]
    network = small_network()
    assert list(network.params) == names
    network.params["conv1.b"][:] = 5
    assert (network.params["conv1.b"] == 5).all()


NESTED = (
    "conv1 block1.conv1 block1.conv10 block1.shortcut mixed.1x1 mixed.3x3.conv conv10 head".split()
)


def test_parameters_in_blocks_are_named_after_the_block():
    network = nested_network(np.random.default_rng(0))
    names = [f"{layer}.{key}" for layer in NESTED for key in "wb"]
    assert list(network.params) == names
    network.backward(network.forward(spread((2, 2, 6, 8))))
    assert list(network.grads) == names


def test_no_layer_of_a_block_may_take_the_name_of_its_shortcut():
    with pytest.raises(TypeError, match="shortcut"):
        nn.Residual({"shortcut": nn.Conv(2, 2, 1)})


def test_predict_is_forward_in_parts():
    network = small_network(np.random.default_rng(0))
    x = spread((7, 2, 6, 8))
    np.testing.assert_allclose(network.predict(x, batch=3), network.forward(x), atol=1e-6)


def test_a_split_network_is_the_same_network():
    network = small_network(np.random.default_rng(0))
    base, head = network.split("relu2")
    assert list(base.layers) == ["conv1", "relu1", "pool1", "conv2", "relu2"]
    assert list(head.layers) == ["mean", "head"]
    x = spread((2, 2, 6, 8))
    whole = network.forward(x)
    np.testing.assert_array_equal(head.forward(base.forward(x)), whole)
    np.testing.assert_array_equal(base.backward(head.backward(whole)), network.backward(whole))
    with pytest.raises(ValueError, match="no layer 'relu3'; there are conv1, relu1"):
        network.split("relu3")


def test_the_example_of_the_module_runs():
    failed, tried = doctest.testmod(nn)
    assert (failed, tried > 5) == (0, True)
