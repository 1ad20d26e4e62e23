"""The layers against finite differences, paper and PyTorch; networks, their files, training."""

import numpy as np
import pytest

from course import nn

# What is drawn here has no ties and no zeros, so the kinks of ReLU and of max pooling are far.


def spread(shape, seed=0):
    """Values from -2 to 2 in random order, each farther from the others than a difference step."""
    size = int(np.prod(shape))
    return (np.random.default_rng(seed).permutation(size) / size * 4 - 1.999).reshape(shape)


def with_params(layer, seed=1):
    """The layer in float64, its biases not 0."""
    layer.params = {name: spread(p.shape, seed) / 2 for name, p in layer.params.items()}
    return layer


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
    "subsample": (lambda: nn.Subsample((2, 3)), (2, 3, 5, 8)),
    "global average pool": (nn.GlobalAvgPool, (2, 3, 4, 5)),
    "flatten": (nn.Flatten, (2, 3, 4, 5)),
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
    layer, x = with_params(make()), spread(shape)
    weights = spread(layer.forward(x).shape, seed=2)  # the loss is a weighted sum of the output

    def loss():
        return (weights * layer.forward(x)).sum()

    dx = layer.backward(weights)
    grads = dict(layer.grads)
    assert dx.shape == x.shape
    np.testing.assert_allclose(dx, numeric_gradient(loss, x), rtol=1e-4, atol=1e-8)
    assert grads.keys() == layer.params.keys()
    for key, array in layer.params.items():
        numeric = numeric_gradient(loss, array)
        np.testing.assert_allclose(grads[key], numeric, rtol=1e-4, atol=1e-8)


def small_network(rng=None):
    return nn.Network(
        {
            "conv1": nn.Conv(2, 3, 3, pad=1, rng=rng),
            "relu1": nn.ReLU(),
            "pool1": nn.MaxPool(2),
            "conv2": nn.Conv(3, 4, (2, 3), rng=rng),
            "relu2": nn.ReLU(),
            "mean": nn.GlobalAvgPool(),
            "head": nn.Dense(4, 3, rng=rng),
        }
    )


def test_a_network_knows_its_gradient():
    rng = np.random.default_rng(0)
    network = small_network(rng).astype(np.float64)
    x, labels = rng.normal(size=(3, 2, 6, 8)), np.array([0, 2, 2])

    def loss():
        return nn.cross_entropy(network.forward(x), labels)[0]

    dx = network.backward(nn.cross_entropy(network.forward(x), labels)[1])
    grads = network.grads()
    assert list(grads) == list(network.params())
    np.testing.assert_allclose(dx, numeric_gradient(loss, x), rtol=1e-4, atol=1e-8)
    for name, array in network.params().items():
        numeric = numeric_gradient(loss, array)
        np.testing.assert_allclose(grads[name], numeric, rtol=1e-4, atol=1e-8, err_msg=name)


# -- PyTorch --------------------------------------------------------------------------------------


def in_pytorch(torch, name, x, params):
    """The layer of ``LAYERS`` called ``name``, in PyTorch."""
    f = torch.nn.functional
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
    }[name]()


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_agrees_with_pytorch(name):
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    make, shape = LAYERS[name]
    layer, x = with_params(make()), spread(shape)
    theirs = [torch.tensor(array, requires_grad=True) for array in (x, *layer.params.values())]
    out = in_pytorch(torch, name, theirs[0], theirs[1:])
    np.testing.assert_allclose(layer.forward(x), out.detach().numpy(), rtol=1e-12, atol=1e-12)

    weights = spread(out.shape, seed=2)
    out.backward(torch.from_numpy(weights))
    ours = [layer.backward(weights), *layer.grads.values()]
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_cross_entropy_and_adam_agree_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch, one more oracle, is not installed here")
    network = nn.Network({"head": with_params(nn.Dense(4, 3))})
    x, labels = spread((5, 4), seed=3), np.array([0, 2, 1, 1, 0])
    theirs = [torch.tensor(p, requires_grad=True) for p in network.params().values()]
    ours, other = nn.Adam(network, 0.01), torch.optim.Adam(theirs, 0.01)
    for _ in range(5):
        loss, grad = nn.cross_entropy(network.forward(x), labels)
        network.backward(grad)
        ours.step()
        other.zero_grad()
        out = torch.nn.functional.linear(torch.from_numpy(x), *theirs)
        their_loss = torch.nn.functional.cross_entropy(out, torch.from_numpy(labels))
        their_loss.backward()
        other.step()
        np.testing.assert_allclose(loss, their_loss.item(), rtol=1e-9)
    for mine, p in zip(network.params().values(), theirs, strict=True):
        np.testing.assert_allclose(mine, p.detach().numpy(), rtol=1e-7)


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


# -- dtypes, what is left alone, what is refused --------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_is_computed_in_the_dtype_of_the_parameters(dtype):
    network = small_network(np.random.default_rng(0)).astype(dtype)
    optimizer = nn.Adam(network)
    out = network.forward(np.full((2, 2, 6, 8), 7, np.uint8))
    loss, grad = nn.cross_entropy(out, np.array([0, 1]))
    dx = network.backward(grad)
    optimizer.step()
    arrays = [out, loss, grad, dx, *network.params().values(), *network.grads().values()]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_layer_keeps_the_dtype_and_leaves_its_arguments_alone(name, dtype):
    make, shape = LAYERS[name]
    layer, x = make(), spread(shape).astype(dtype)
    layer.params = {key: array.astype(dtype) for key, array in layer.params.items()}
    x.flags.writeable = False
    out = layer.forward(x)
    grad = np.ones_like(out)
    grad.flags.writeable = False
    dx = layer.backward(grad)
    assert {out.dtype, dx.dtype, *(g.dtype for g in layer.grads.values())} == {np.dtype(dtype)}


def test_he_initialisation():
    w = nn.Conv(32, 64, (3, 5), rng=np.random.default_rng(0)).params["w"]
    assert w.dtype == np.float32
    assert w.std() == pytest.approx(np.sqrt(2 / (32 * 15)), rel=0.03)
    assert abs(w.mean()) < 0.001


def test_the_generator_decides_the_weights():
    one, same, other = (small_network(np.random.default_rng(seed)).params() for seed in (0, 0, 1))
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
    ],
)
def test_a_layer_refuses_what_does_not_fit(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.forward(np.zeros(shape))


# -- networks and their files ---------------------------------------------------------------------


def test_parameters_are_named_after_their_layer():
    names = ["conv1.w", "conv1.b", "conv2.w", "conv2.b", "head.w", "head.b"]
    network = small_network()
    assert list(network.params()) == names
    network.params()["conv1.b"][:] = 5
    assert (network.params()["conv1.b"] == 5).all()


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


def test_a_saved_network_comes_back(tmp_path):
    network = small_network(np.random.default_rng(0))
    network.save(tmp_path / "weights.npz")
    again = small_network().load(tmp_path / "weights.npz")
    for name, array in network.params().items():
        np.testing.assert_array_equal(again.params()[name], array)
        assert again.params()[name] is not array


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.pop("conv2.b"), "conv2.b is missing"),
        (lambda p: p.update({"conv9.w": np.zeros(3)}), "conv9.w is not one of its parameters"),
        (lambda p: p.update({"head.w": np.zeros((4, 3))}), r"head.w has shape \(4, 3\), should"),
        (lambda p: p.update({"head.b": np.zeros(1)}), r"head.b has shape \(1,\), should"),
    ],
)
def test_parameters_of_another_network_are_refused_whole(tmp_path, change, message):
    params = small_network(np.random.default_rng(0)).params()
    change(params)
    np.savez(tmp_path / "weights.npz", **params)
    network = small_network()
    with pytest.raises(ValueError, match=message):
        network.load(tmp_path / "weights.npz")
    assert all((array == 0).all() for array in network.params().values())


def test_a_pickle_is_never_loaded(tmp_path):
    np.savez(tmp_path / "weights.npz", **{"conv1.w": np.array([{}], dtype=object)})
    with pytest.raises(ValueError, match="pickle"):
        small_network().load(tmp_path / "weights.npz")


def test_training_lowers_the_loss():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    x = rng.normal(0, 0.3, (60, 2, 6, 8))
    x[:, 0] += (labels == 1)[:, None, None]  # the classes differ by which channel is bright
    x[:, 1] += (labels == 2)[:, None, None]
    network = small_network(rng)
    optimizer = nn.Adam(network, 0.02)
    losses = [nn.train_epoch(network, optimizer, x, labels, rng, batch=20) for _ in range(15)]
    assert losses[-1] < losses[0] / 2
