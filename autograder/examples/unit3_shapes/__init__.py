"""Right and wrong answers about output sizes, 1×1 convolution and receptive fields."""
