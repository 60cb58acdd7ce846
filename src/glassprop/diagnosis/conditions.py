"""The conditions that a diagnosis knows: what each is, why it matters, who says so.

The limits beside them are where a condition begins. They start from the sources and are
calibrated by ``benchmarks/diagnose.py``, so that healthy trainings, of narrow networks
too, raise nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SAGEMAKER = "Amazon SageMaker Debugger, built-in rules"
GLOROT = (
    "X. Glorot and Y. Bengio (2010), Understanding the difficulty of training deep "
    "feedforward neural networks, AISTATS"
)


def _cs231n(part: str) -> str:
    return f"Stanford CS231n, {part}"


@dataclass(frozen=True)
class Condition:
    """Something that keeps a network from learning.

    Parameters
    ----------
    key : str
        Its name in findings, and that of its page.
    title : str
        What it is, in a few words.
    why : str
        Why it matters, in a sentence or two.
    source : str
        Who says so.
    limits : tuple of float
        Where it begins; what each number is stands beside the rule that reads it.
    """

    key: str
    title: str
    why: str
    source: str
    limits: tuple[float, ...] = ()

    @property
    def limit(self) -> float:
        """The first limit."""
        return self.limits[0]


_ROWS = (
    Condition(
        "broadcasting",
        "target and output would be combined by accident",
        "NumPy repeats the smaller array: (n,) against (n, 1) compares every row with "
        "every other, one column against two teaches both the same.",
        "NumPy, Broadcasting; a known fault of tutorials on this subject",
    ),
    Condition(
        "loss_and_output",
        "the loss does not fit what the network gives",
        "A loss made for scores undoes what a softmax or sigmoid did to them, and an "
        "output with bounds cannot reach targets beyond them.",
        "the definitions of the losses; C. M. Bishop (2006), Pattern recognition and "
        "machine learning, section 4.3.6, canonical link functions",
    ),
    Condition(
        "wrong_gradient",
        "the gradient is not the slope of the loss",
        "Training follows the gradient. Where it is not the slope of the loss, steps "
        "lead somewhere else, often slowly and without a message.",
        _cs231n("Neural networks part 3, gradient checks"),
        (1e-2, 1e-4),  # relative error: wrong, doubtful
    ),
    Condition(
        "not_finite",
        "a value became NaN or infinite",
        "One value that is not a number makes every weight one within a step.",
        SAGEMAKER,
    ),
    Condition(
        "bad_start",
        "the weights start where learning cannot begin well",
        "Units that start alike get the same gradient and stay alike for ever. Layers "
        "whose outputs differ in size by orders of magnitude learn at rates that "
        "differ so.",
        f"{_cs231n('Neural networks part 2, weight initialization')}; {GLOROT}",
        # Relative distance of units that are alike; ratio of spreads, and where they
        # grow from layer to layer.
        (1e-6, 100.0, 20.0),
    ),
    Condition(
        "inputs_not_scaled",
        "the columns that come in are not scaled",
        "The gradient of a weight is as large as its input. Where columns differ much "
        "in size, no learning rate fits all of them; where they are far from 0, all "
        "weights of a unit are pushed the same way.",
        f"{_cs231n('Neural networks part 2, data preprocessing')}; Y. LeCun, L. "
        "Bottou, G. B. Orr and K.-R. Mueller (1998), Efficient backprop",
        # Size of a column; times below 1 where it is small; its mean in deviations, 16
        # for 255 rows of 1 and one of 0; outside of what was learned from, likewise.
        (10.0, 100.0, 30.0, 25.0),
    ),
    Condition(
        "never_moves",
        "a parameter never changes",
        "What does not change is not trained, by accident or on purpose; a bias that "
        "stays as it was drawn is a mistake more often than not.",
        SAGEMAKER,
    ),
    Condition(
        "imbalance",
        "some classes have many times the rows of others",
        "A loss that counts rows is small where the large class is right, whatever "
        "becomes of the small one.",
        f"{SAGEMAKER}; H. He and E. A. Garcia (2009), Learning from imbalanced data, "
        "IEEE TKDE",
        (10.0,),  # rows of the largest class for one of the smallest
    ),
    Condition(
        "starting_loss",
        "the loss starts far above that of the best constant answer",
        "A fresh network knows nothing and should say so: with K balanced classes its "
        "loss is about ln K. A larger one means confident nonsense, which the first "
        "steps are spent on taking back.",
        _cs231n("Neural networks part 3, sanity checks"),
        (4.0,),  # times the loss of the best constant
    ),
    Condition(
        "learning_rate",
        "the learning rate is far from those that work",
        "In a range test the loss falls between a smallest and a largest rate. Outside "
        "of them it stays, or explodes.",
        "L. N. Smith (2017), Cyclical learning rates for training neural networks, "
        "WACV, section 3.3; fastai, lr_find",
        # Times below where the loss falls; above where it explodes; below and above
        # what is suggested.
        (100.0, 1.0, 30.0, 10.0),
    ),
    Condition(
        "step_size",
        "steps are too small or too large for the weights",
        "A step changes a weight by about a thousandth of its size in a training that "
        "goes well. Far below, nothing happens; far above, what was learned is "
        "overwritten.",
        _cs231n("Neural networks part 3, ratio of updates to weights"),
        (1e-5, 0.3),  # norm(update) / norm(weight): below, above
    ),
    Condition(
        "overshooting",
        "steps jump over the minimum to the other side",
        "A parabola through the loss along a step says where its lowest point is. A "
        "step of twice that length ends as high as it began; a longer one climbs.",
        "F. Schneider, F. Dangel and P. Hennig (2021), Cockpit: a practical debugging "
        "tool for the training of deep neural networks, NeurIPS",
        # The length beyond the lowest point, in lengths up to it; a rise of the loss
        # from epoch to epoch, in losses of the best constant answer, and how many.
        (1.0, 0.3, 3.0),
    ),
    Condition(
        "saturation",
        "units are at their ends, where the slope is lost",
        "Where sigmoid or tanh is flat, a gradient that comes back is multiplied by "
        "nearly 0, and the layers before do not learn.",
        f"{SAGEMAKER}; {GLOROT}",
        (0.01, 0.5),  # a slope that is lost; part of a layer's rows and units
    ),
    Condition(
        "dead_units",
        "units are off for every row",
        "A unit whose slope is 0 for all rows gets no gradient, so nothing can turn it "
        "on again.",
        f"{SAGEMAKER}; V. Nair and G. E. Hinton (2010), Rectified linear units improve "
        "restricted Boltzmann machines, ICML",
        (0.01, 0.5),  # part of rows a dead unit is on for; part of a layer's units
    ),
    Condition(
        "vanishing_gradient",
        "the gradient fades on its way to the first layers",
        "Layers whose gradient is nearly 0 do not learn; what comes after them learns "
        "from noise.",
        f"{SAGEMAKER}; {GLOROT}",
        (1e-7, 1e-3),  # mean abs of the first layer's; its part of the last layer's
    ),
    Condition(
        "constant_output",
        "the network gives the same answer for every row",
        "An output that does not depend on the input has lost the input on the way.",
        SAGEMAKER,
        (1e-4,),  # spread of the output, beside that of its size
    ),
    Condition(
        "cannot_overfit",
        "a few rows cannot be learned by heart, or many not well",
        "A network that cannot learn a few rows by heart, without penalties and "
        "noise, will not learn many. Something between input and loss is broken or too "
        "narrow; one that learns a few may still be too narrow for many.",
        _cs231n("Neural networks part 3, sanity checks"),
        # Part of the way from the best constant to the lowest that is left: of networks
        # that bend, of those that do not, and where there are few parameters. Times as
        # much as is left with more room: behind a unit or two or one number, and of
        # other networks.
        (0.1, 0.2, 0.6, 1.5, 2.0),
    ),
    Condition(
        "not_falling",
        "the loss does not get below that of a constant answer",
        "The best constant answer needs no network. A training that stays there has "
        "learned nothing from the inputs.",
        SAGEMAKER,
        (0.98, 100.0),  # part of the constant's loss; steps before it is said
    ),
    Condition(
        "overfitting",
        "the loss on held-out rows rises while that on training rows falls",
        "From there on the network learns the training rows by heart, and gets worse "
        "at all others.",
        f"{SAGEMAKER}; L. Prechelt (1998), Early stopping - but when?",
        (0.1, 0.2),  # rise over its lowest; part of the training the rise has lasted
    ),
)

CONDITIONS: Mapping[str, Condition] = MappingProxyType({one.key: one for one in _ROWS})
"""Every condition by its key, causes before what they lead to, read-only."""
