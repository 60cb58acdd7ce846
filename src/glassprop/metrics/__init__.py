"""How good predictions are: ``f(y_true, y_pred, *, weights=None) -> float``.

Plain NumPy functions. Where scikit-learn has the same metric, the values are equal.
They compute in float64 whatever comes, and average with the row weights where given; a
row of weight 0 is as if it were not there.

Four kinds, by what they take beside the truth: **classes**, ``(n,)`` class numbers
against ``(n,)``, or 0 and 1 for each of k labels, ``(n, k)`` against ``(n, k)``;
**probabilities**, ``(n, K)`` or ``(n,)`` against ``(n,)`` class numbers; **scores**,
the same, but any numbers of which only the order counts; **values**, numbers of any one
shape whose first axis is the rows. Shapes that NumPy would broadcast into a wrong
answer are refused. A NaN among predicted values, scores or probabilities is not: it
gives NaN, so that a table of metrics can show it.
"""

from glassprop.metrics.labels import (
    accuracy,
    balanced_accuracy,
    confusion_matrix,
    label_accuracy,
    matthews,
    subset_accuracy,
)
from glassprop.metrics.precision_recall import f1, precision, recall
from glassprop.metrics.probabilities import (
    average_precision,
    brier,
    calibration_error,
    log_loss,
    roc_auc,
    top_k_accuracy,
)
from glassprop.metrics.records import (
    METRICS,
    Metric,
    MetricFunction,
    get_metric,
    top_k,
)
from glassprop.metrics.records import TASKS as TASKS
from glassprop.metrics.records import Task as Task
from glassprop.metrics.values import (
    explained_variance,
    max_error,
    mean_absolute_error,
    mean_absolute_percentage_error,
    median_absolute_error,
    r2,
    root_mean_squared_error,
)

__all__ = [
    "METRICS",
    "Metric",
    "MetricFunction",
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "brier",
    "calibration_error",
    "confusion_matrix",
    "explained_variance",
    "f1",
    "get_metric",
    "label_accuracy",
    "log_loss",
    "matthews",
    "max_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "median_absolute_error",
    "precision",
    "r2",
    "recall",
    "roc_auc",
    "root_mean_squared_error",
    "subset_accuracy",
    "top_k",
    "top_k_accuracy",
]
