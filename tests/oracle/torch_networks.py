"""Well-known networks as plain PyTorch, written from their papers and from torchvision's definitions, not from the zoo.

Modules are registered in the order in which they run, a residual block's body before its shortcut: so
`parameters()` has the order of an engine's graph of the same network, and no table of names is needed.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Residual(nn.Module):
    """activation(body(x) + shortcut(x))."""

    def __init__(self, body: nn.Module, shortcut: nn.Module, activation: nn.Module) -> None:
        super().__init__()
        self.body, self.shortcut, self.activation = body, shortcut, activation

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.body(x) + self.shortcut(x))


class Concat(nn.Module):
    """The outputs of all branches, one after the other along the channels."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class Unit(nn.Sequential):
    """A convolution that keeps the image's size but for its stride, batch norm, and an activation."""

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        activation: type[nn.Module] = nn.ReLU,
        epsilon: float = 1e-5,
    ) -> None:
        conv = nn.Conv2d(channels, filters, kernel, stride, kernel // 2, groups=groups, bias=False)
        super().__init__(conv, nn.BatchNorm2d(filters, epsilon), activation())


def conv_relu(channels: int, filters: int, kernel: int, stride: int = 1, padding: int = 0, groups: int = 1):
    return nn.Sequential(nn.Conv2d(channels, filters, kernel, stride, padding, groups=groups), nn.ReLU())


def ceil_pool(kernel: int = 3, stride: int = 2, padding: int = 0) -> nn.MaxPool2d:
    return nn.MaxPool2d(kernel, stride, padding, ceil_mode=True)


def classifier(channels: int, classes: int, dropout: float = 0.0) -> nn.Sequential:
    """The mean of each feature map, and one dense layer."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(channels, classes))


# He, Zhang, Ren, Sun: Deep residual learning for image recognition, 2015; torchvision.models.resnet


def basic(channels: int, width: int, stride: int) -> tuple[nn.Module, int]:
    """Two 3x3 convolutions, and how many channels they give."""
    return nn.Sequential(Unit(channels, width, 3, stride), Unit(width, width, 3, activation=nn.Identity)), width


def bottleneck(channels: int, width: int, stride: int) -> tuple[nn.Module, int]:
    """1x1, 3x3 and 1x1, with the stride on the 3x3: torchvision's, called v1.5."""
    body = Unit(channels, width), Unit(width, width, 3, stride), Unit(width, 4 * width, activation=nn.Identity)
    return nn.Sequential(*body), 4 * width


def resnet(unit, counts: tuple[int, ...], classes: int) -> nn.Sequential:
    layers = [Unit(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for stage, count in enumerate(counts):
        for number in range(count):
            stride = 2 if stage > 0 and number == 0 else 1
            body, filters = unit(channels, 64 << stage, stride)
            same = stride == 1 and filters == channels
            shortcut = nn.Identity() if same else Unit(channels, filters, 1, stride, activation=nn.Identity)
            layers.append(Residual(body, shortcut, nn.ReLU()))
            channels = filters
    return nn.Sequential(*layers, classifier(channels, classes))


def resnet18(classes: int) -> nn.Module:
    return resnet(basic, (2, 2, 2, 2), classes)


def resnet50(classes: int) -> nn.Module:
    return resnet(bottleneck, (3, 4, 6, 3), classes)


class OptionA(nn.Module):
    """The paper's shortcut without parameters: every second place, and channels of zeros after the given ones."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, x.shape[1]))


def resnet20(classes: int) -> nn.Module:
    """For CIFAR-10, section 4.2: three stages of three basic units, at 16, 32 and 64 channels."""
    layers: list[nn.Module] = [Unit(3, 16, 3)]
    channels = 16
    for width in (16, 32, 64):
        for _ in range(3):
            narrows = width != channels
            body, _ = basic(channels, width, 2 if narrows else 1)
            layers.append(Residual(body, OptionA() if narrows else nn.Identity(), nn.ReLU()))
            channels = width
    return nn.Sequential(*layers, classifier(64, classes))


# Szegedy et al.: Going deeper with convolutions, 2014

# Table 1: the 1x1, the 3x3 and what reduces for it, the 5x5 and what reduces for it, and what follows the pool.
INCEPTION = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


class AuxiliaryHead(nn.Sequential):
    """Section 5: a 5x5 mean at every third place, 128 1x1 filters, and two dense layers; `side` is the input's."""

    def __init__(self, channels: int, side: int, classes: int) -> None:
        places = ((side - 5) // 3 + 1) ** 2
        dense = nn.Linear(128 * places, 1024), nn.ReLU(), nn.Dropout(0.7), nn.Linear(1024, classes)
        super().__init__(nn.AvgPool2d(5, 3), conv_relu(channels, 128, 1), nn.Flatten(), *dense)


class GoogLeNet(nn.Module):
    """The paper's; with `auxiliary`, (logits, first head's, second head's) in training."""

    def __init__(self, classes: int, auxiliary: bool, size: int) -> None:
        super().__init__()
        norm = nn.LocalResponseNorm(5)
        stem = [conv_relu(3, 64, 7, 2, 3), ceil_pool(), norm]
        stem += [conv_relu(64, 64, 1), conv_relu(64, 192, 3, padding=1), norm, ceil_pool()]
        heads = [AuxiliaryHead(channels, size // 16, classes) if auxiliary else None for channels in (512, 528)]
        self.before = nn.Sequential(*stem, *self.run(192, "3a", "3b"), ceil_pool(), *self.run(480, "4a"))
        self.first = heads[0]
        self.middle = nn.Sequential(*self.run(512, "4b", "4c", "4d"))
        self.second = heads[1]
        self.after = nn.Sequential(*self.run(528, "4e"), ceil_pool(), *self.run(832, "5a", "5b"))
        self.classifier = classifier(1024, classes, dropout=0.4)

    @staticmethod
    def run(channels: int, *names: str) -> list[nn.Module]:
        modules = []
        for name in names:
            one, reduce3, three, reduce5, five, pool = INCEPTION[name]
            modules.append(
                Concat(
                    conv_relu(channels, one, 1),
                    nn.Sequential(conv_relu(channels, reduce3, 1), conv_relu(reduce3, three, 3, padding=1)),
                    nn.Sequential(conv_relu(channels, reduce5, 1), conv_relu(reduce5, five, 5, padding=2)),
                    nn.Sequential(nn.MaxPool2d(3, 1, 1), conv_relu(channels, pool, 1)),
                )
            )
            channels = one + three + five + pool
        return modules

    def forward(self, x: Tensor):
        with_heads = self.first is not None and self.training
        x = self.before(x)
        first = self.first(x) if with_heads else None
        x = self.middle(x)
        second = self.second(x) if with_heads else None
        logits = self.classifier(self.after(x))
        return (logits, first, second) if with_heads else logits


def googlenet(classes: int, auxiliary: bool = False, size: int = 224) -> nn.Module:
    return GoogLeNet(classes, auxiliary, size)


def googlenet_torchvision(classes: int) -> nn.Module:
    """Batch norm after every convolution, with an epsilon of its own, and 3x3 windows in place of 5x5."""

    def unit(*window: int) -> Unit:
        return Unit(*window, epsilon=1e-3)

    layers = [unit(3, 64, 7, 2), ceil_pool(), unit(64, 64), unit(64, 192, 3), ceil_pool()]
    channels = 192
    for name, (one, reduce3, three, reduce5, five, pool) in INCEPTION.items():
        if name == "4a":
            layers.append(ceil_pool())
        if name == "5a":
            layers.append(ceil_pool(2, 2))
        layers.append(
            Concat(
                unit(channels, one),
                nn.Sequential(unit(channels, reduce3), unit(reduce3, three, 3)),
                nn.Sequential(unit(channels, reduce5), unit(reduce5, five, 3)),
                nn.Sequential(ceil_pool(3, 1, 1), unit(channels, pool)),
            )
        )
        channels = one + three + five + pool
    return nn.Sequential(*layers, classifier(channels, classes, dropout=0.2))


# Sandler et al.: MobileNetV2: inverted residuals and linear bottlenecks, 2018; torchvision.models.mobilenet_v2


def mobilenet_v2(classes: int) -> nn.Module:
    layers: list[nn.Module] = [Unit(3, 32, 3, 2, activation=nn.ReLU6)]
    channels = 32
    table = (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)
    for t, c, n, s in table:
        for stride in (s, *[1] * (n - 1)):
            hidden = channels * t
            body = [] if t == 1 else [Unit(channels, hidden, activation=nn.ReLU6)]
            body.append(Unit(hidden, hidden, 3, stride, groups=hidden, activation=nn.ReLU6))
            body.append(Unit(hidden, c, activation=nn.Identity))
            block = nn.Sequential(*body)
            joins = stride == 1 and c == channels
            layers.append(Residual(block, nn.Identity(), nn.Identity()) if joins else block)
            channels = c
    return nn.Sequential(*layers, Unit(320, 1280, activation=nn.ReLU6), classifier(1280, classes, dropout=0.2))


# Huang, Liu, van der Maaten, Weinberger: Densely connected convolutional networks, 2017; torchvision.models.densenet


def norm_relu_conv(channels: int, filters: int, kernel: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(channels, filters, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), conv)


def densenet121(classes: int) -> nn.Module:
    layers: list[nn.Module] = [Unit(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    channels, growth = 64, 32
    for number, count in enumerate((6, 12, 24, 16)):
        if number > 0:
            layers += [norm_relu_conv(channels, channels // 2), nn.AvgPool2d(2)]
            channels //= 2
        for _ in range(count):
            new = nn.Sequential(norm_relu_conv(channels, 4 * growth), norm_relu_conv(4 * growth, growth, 3))
            layers.append(Concat(nn.Identity(), new))
            channels += growth
    return nn.Sequential(*layers, nn.BatchNorm2d(channels), nn.ReLU(), classifier(channels, classes))


# Iandola et al.: SqueezeNet, 2016, in its version 1.1; torchvision.models.squeezenet


def fire(channels: int, squeeze: int, expand: int) -> nn.Sequential:
    both = Concat(conv_relu(squeeze, expand, 1), conv_relu(squeeze, expand, 3, padding=1))
    return nn.Sequential(conv_relu(channels, squeeze, 1), both)


def squeezenet1_1(classes: int) -> nn.Module:
    return nn.Sequential(
        conv_relu(3, 64, 3, 2), ceil_pool(), fire(64, 16, 64), fire(128, 16, 64),
        ceil_pool(), fire(128, 32, 128), fire(256, 32, 128),
        ceil_pool(), fire(256, 48, 192), fire(384, 48, 192), fire(384, 64, 256), fire(512, 64, 256),
        nn.Dropout(0.5), conv_relu(512, classes, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )  # fmt: skip


# Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural networks, 2012


def alexnet(classes: int, size: int = 227) -> nn.Module:
    """As lectures give it: each pool before its norm. The paper's alpha multiplies a sum, PyTorch's a mean over 5."""
    side = (size - 11) // 4 + 1
    for _ in range(3):
        side = (side - 3) // 2 + 1
    pool, norm = nn.MaxPool2d(3, 2), nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2)
    return nn.Sequential(
        conv_relu(3, 96, 11, 4), pool, norm,
        conv_relu(96, 256, 5, padding=2, groups=2), pool, norm,
        conv_relu(256, 384, 3, padding=1),
        conv_relu(384, 384, 3, padding=1, groups=2),
        conv_relu(384, 256, 3, padding=1, groups=2), pool, nn.Flatten(),
        nn.Linear(256 * side * side, 4096), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, classes),
    )  # fmt: skip
