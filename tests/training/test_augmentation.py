"""Augmentation from its words in a spec to the images in the lanes: read, drawn, applied in training alone."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncli import kernels
from cnncli.data import load
from cnncli.errors import DataError
from cnncli.graph import read_architecture
from cnncli.kernels.vector import LANES
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from cnncli.spec.problem import Problem
from cnncli.spec.source import Source
from cnncli.training.augmentation import Augmentation, Elastic, parse
from cnncli.training.batches import Batches
from cnncli.training.distortions import distortions
from cnncli.training.evaluation import evaluate
from cnncli.training.normalization import normalization_of
from cnncli.training.recipe import Recipe, read_recipe, read_setting
from cnncli.training.session import check_trainable
from tests.schemas import errors
from tests.schemas import load as as_json
from tests.training.test_loop import GRAPH, RECIPE, trained

ALL = (
    "flip,crop=1,shift=1.5,rotate=10,scale=0.1,shear=5,elastic=6/1.5,"
    "brightness=0.2,contrast=0.2,cutout=3"
)  # fmt: skip


def spec_text(augment: str) -> str:
    return f"input: [4]\nparams: {{turn: 7}}\nlayers: [{{type: dense, units: 2}}]\ntraining: {{augment: {augment}}}\n"


def recipe_of(augment: str) -> tuple[str, list[str]]:
    spec = read_architecture(Source("x.yaml", spec_text(augment)))
    return read_recipe(spec).augment, [f"{d.location.line}: {d.message}" for d in spec.diagnostics]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("none", "none"),
        ("{}", "none"),
        ("{rotate: 0, flip: false, elastic: 0/4}", "none"),
        ("{flip: true, crop: 4}", "flip,crop=4"),
        ("'crop=4, flip'", "flip,crop=4"),
        ("rotate=1e1", "rotate=10"),
        ("{rotate: $turn}", "rotate=7"),
        ("{elastic: {alpha: 34, sigma: 4.5}}", "elastic=34/4.5"),
        ("{elastic: 34/4}", "elastic=34/4"),
    ],
)
def test_a_spec_has_it_as_a_mapping_or_a_text(written: str, read: str) -> None:
    assert recipe_of(written) == (read, [])
    assert errors(as_json(spec_text(written))) == []
    assert read_setting("augment", read) == read


@pytest.mark.parametrize(
    ("written", "message", "in_schema"),
    [
        ("{rotat: 1}", "no key `rotat`", True),
        ("rotat=1", "no key `rotat`", True),
        ("{rotate: 181}", "[0, 180]", True),
        ("{scale: 1}", "[0, 1)", True),
        ("{crop: 1.5}", "whole number", True),
        ("crop=-4", "from 0 up", False),
        ("'flip,flip'", "there twice", False),
        ("rotate", "lacks its strength", False),
        ("rotate=", "a number is wanted", False),
        ("flip=yes", "`true` or `false`", False),
        ("{elastic: 3}", "34/4 is wanted", True),
        ("{elastic: 1/2/3}", "34/4 is wanted", True),
        ("{elastic: {alpha: -1, sigma: 4}}", "from 0 up", True),
        ("{elastic: {alpha: 1, sigma: 0}}", "from 0.5 up", True),
        ("{elastic: {alpha: 1}}", "lacks `sigma:`", True),
        ("{elastic: 1/1e999}", "larger than any number", False),
        ("[flip]", "a mapping such as", True),
        ("", "a mapping such as", True),
        ("3", "no key `3`", True),
    ],
)
def test_faults_are_findings_and_the_schema_sees_those_of_form(written: str, message: str, in_schema: bool) -> None:
    augment, faults = recipe_of(written)
    assert augment == "none" and len(faults) == 1 and message in faults[0] and faults[0].startswith("4:")
    assert bool(errors(as_json(spec_text(written)))) == in_schema


@pytest.mark.parametrize("flag", ["rotat=1", "crop=1.0", "flip=on", "elastic=1"])
def test_a_fault_within_a_text_offers_no_fix_for_all_of_it(flag: str) -> None:
    with pytest.raises(Problem) as caught:
        read_setting("augment", flag)
    assert caught.value.fix is None


NUMBERS = st.floats(0, 1e6)
SHARES = st.floats(0, 1, exclude_max=True)
AUGMENTATIONS = st.builds(
    Augmentation,
    flip=st.booleans(), crop=st.integers(0, 99), shift=NUMBERS, rotate=st.floats(0, 180), scale=SHARES,
    shear=st.floats(0, 80), elastic=st.builds(Elastic, NUMBERS, st.floats(0.5, 1e6)), brightness=SHARES,
    contrast=SHARES, cutout=st.integers(0, 99),
)  # fmt: skip


@settings(max_examples=200)
@given(AUGMENTATIONS)
def test_its_text_reads_back(augmentation: Augmentation) -> None:
    found = parse(str(augmentation))
    assert replace(found, elastic=Elastic()) == replace(augmentation, elastic=Elastic())
    assert found.elastic == augmentation.elastic or not (found.elastic or augmentation.elastic)
    assert read_setting("augment", str(augmentation)) == str(augmentation)


@pytest.mark.parametrize("text", ["crop=27,shift=27,cutout=28", "elastic=34/4", "elastic=171/4", "elastic=1/14"])
def test_what_an_image_survives_is_taken(text: str) -> None:
    parse(text).check((1, 28, 30))


@pytest.mark.parametrize("text", ["crop=28", "shift=27.5", "cutout=29", "elastic=1/15", "elastic=180/4", "crop=999999"])
def test_what_would_lose_an_image_is_refused_before_training(text: str) -> None:
    with pytest.raises(DataError, match=r"`augment` has|elastic=180/4 moves") as caught:
        parse(text).check((1, 28, 30))
    assert caught.value.hint
    with pytest.raises(DataError):
        check_trainable(GRAPH, Recipe(augment=text), load("digits"))


def drawn(text: str, images: int = 4000, seed: int = 0, epoch: int = 1, shape=(1, 20, 30)):
    return distortions(parse(text), images, shape, seed, epoch)


def assert_even(numbers: np.ndarray, low: float, high: float) -> None:
    """Chi-square over 20 equal bins, at 0.1%."""
    assert numbers.min() >= low and numbers.max() <= high
    counts = np.histogram(numbers, 20, (low, high))[0]
    assert ((counts - numbers.size / 20) ** 2 / (numbers.size / 20)).sum() < 44


def test_strengths_are_drawn_evenly() -> None:
    angles = np.degrees(np.arctan2(*np.moveaxis(drawn("rotate=12").maps[:, 0, 1::-1], 1, 0)))
    assert_even(angles, -12, 12)
    maps = drawn("scale=0.25").maps
    assert_even(1 / maps[:, 0, 0], 0.75, 1.25)
    assert_even(1 / maps[:, 1, 1], 0.75, 1.25)
    assert abs(np.corrcoef(maps[:, 0, 0], maps[:, 1, 1])[0, 1]) < 0.06, "each by itself"
    assert_even(np.degrees(np.arctan(drawn("shear=9").maps[:, 1, 0])), -9, 9)
    for axis in range(2):
        assert_even(drawn("shift=3").maps[:, axis, 2], -3, 3)
        assert_even(drawn("brightness=0.5,contrast=0.4").tones[:, axis], *((0.5, 1.5), (0.6, 1.4))[axis])


def test_choices_are_drawn_evenly() -> None:
    mirrored = drawn("flip").maps[:, 1, 1] < 0
    assert abs(mirrored.mean() - 0.5) < 0.03
    moves, counts = np.unique(drawn("crop=2").maps[:, :, 2], axis=0, return_counts=True)
    assert len(moves) == 25 and set(moves.ravel()) == {-2, -1, 0, 1, 2}
    assert ((counts - 160) ** 2 / 160).sum() < 51  # 24 degrees of freedom, 0.1%


def test_a_hole_is_a_square_around_any_pixel_as_far_as_it_lies_in_the_image() -> None:
    top, bottom, left, right = drawn("cutout=5").holes.T
    assert top.min() == left.min() == 0 and (bottom.max(), right.max()) == (20, 30)
    assert set(bottom - top) == set(right - left) == {3, 4, 5}
    assert not drawn("flip").holes.any()


def test_what_is_composed_is_mirrored_scaled_sheared_turned_and_moved() -> None:
    """Forward, step by step, about the middle; the map leads back."""
    text = "flip,shift=2,rotate=30,scale=0.3,shear=20"
    alone = {name: drawn(name, 50).maps.astype(np.float64) for name in text.split(",")}
    whole, middle = drawn(text, 50).maps.astype(np.float64), np.array([9.5, 14.5])
    for image in range(50):
        place = np.array([3.0, 21.0])
        for name in ("flip", "scale=0.3", "shear=20", "rotate=30", "shift=2"):
            chart = alone[name][image]
            place = np.linalg.solve(chart[:, :2], place - chart[:, 2])
        np.testing.assert_allclose(whole[image] @ (*place, 1), (3, 21), atol=1e-4)
        for name in ("flip", "scale=0.3", "shear=20", "rotate=30"):
            np.testing.assert_allclose(alone[name][image] @ (*middle, 1), middle, atol=1e-4)


def test_draws_are_named_by_seed_epoch_and_augmentation() -> None:
    text = "shift=3,rotate=20"
    maps = drawn(text).maps
    np.testing.assert_array_equal(maps, drawn(text).maps)
    np.testing.assert_array_equal(maps[:10], drawn(text, images=10).maps)
    for other in (drawn(text, seed=1), drawn(text, epoch=2)):
        assert abs(np.corrcoef(maps[:, 0, 1], other.maps[:, 0, 1])[0, 1]) < 0.06
        assert other.stream != drawn(text).stream
    np.testing.assert_array_equal(maps[:, :, :2], drawn("rotate=20").maps[:, :, :2])
    tones = drawn("brightness=0.3,contrast=0.3").tones
    assert abs(np.corrcoef(tones.T)[0, 1]) < 0.06


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def batches_of(digits, size: int, text: str = ALL, seed: int = 3) -> Batches:
    parameters = Parameters(GRAPH)
    network = Network(GRAPH, parameters, size)
    return Batches(digits.train, normalization_of(digits.train), network, parse(text), seed)


def walked(batches: Batches, order: np.ndarray) -> dict[int, bytes]:
    """Number of an image -> what the network gets of it. Asserts that idle lanes are zero."""
    found, start = {}, 0
    for count in batches.walk(order):
        images = np.moveaxis(batches.network.images[: batches.network.blocks(count)], -1, 1)
        images = images.reshape(-1, *batches.split.images.shape[1:])
        assert not images[count:].any()
        found |= {int(n): image.tobytes() for n, image in zip(order[start : start + count], images, strict=False)}
        start += count
    return found


def test_an_image_is_the_same_in_any_batch_in_any_order(digits) -> None:
    order = np.random.default_rng(0).permutation(100)
    batches = batches_of(digits, 32)
    batches.start_epoch(2)
    found = walked(batches, order)
    other = batches_of(digits, 50)
    other.start_epoch(2)
    assert walked(other, np.arange(100)) == found
    other.start_epoch(3)
    assert all(image != found[n] for n, image in walked(other, np.arange(100)).items())
    batches.start_epoch(2)
    assert walked(batches, np.array([7, 7, 7]))[7] == found[7]


def test_without_augmentation_images_are_gathered_as_ever(digits) -> None:
    batches, plain = batches_of(digits, 32, "none"), Network(GRAPH, Parameters(GRAPH), 32)
    walked(batches, np.arange(20))
    kernels.batches.gather(
        digits.train.images, np.arange(20), 20, batches.scale, batches.shift, plain.images[: plain.blocks(20)]
    )
    assert batches.network.images.tobytes() == plain.images.tobytes()


def test_training_sees_changed_images_and_evaluation_does_not(digits) -> None:
    """The same bits for one and two threads; with strong changes the training images are harder than the test's."""
    recipe = replace(RECIPE, augment="rotate=25,elastic=8/2,cutout=2", epochs=2)
    first, metrics, result = trained(digits, recipe, threads=1)
    second, _, _ = trained(digits, recipe, threads=2)
    assert first.flat.tobytes() == second.flat.tobytes()
    plain, _, _ = trained(digits, replace(recipe, augment="none"))
    assert first.flat.tobytes() != plain.flat.tobytes()
    assert result.accuracy > 0.7 and metrics.train_accuracy < result.accuracy
    without = replace(recipe, augment="none")
    assert evaluate(GRAPH, without, first, digits.test, normalization_of(digits.train)).loss == result.loss


def test_a_run_records_it_and_reads_it_back(tmp_path, digits) -> None:
    from cnncli.training.run import read_run
    from cnncli.training.session import train_run
    from tests.training.test_loop import Silent

    text = "input: [1, 8, 8]\nlayers: [{type: flatten}, {type: dense, units: 10}]\n"
    recipe = Recipe(batch_size=8 * LANES, epochs=1, augment=str(parse(ALL)))
    train_run(read_architecture(Source("x.yaml", text)), recipe, digits, tmp_path / "run", 0, Silent())
    assert json.loads((tmp_path / "run" / "run.json").read_text())["recipe"]["augment"] == recipe.augment
    assert read_run(tmp_path / "run").recipe == recipe
