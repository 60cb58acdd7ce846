"""The package reads from top to bottom: files import only from those above them."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import glassprop

PACKAGE = Path(glassprop.__file__).parent

# errors.py may be imported from anywhere; it imports nothing of ours.
ORDER = [
    "errors.py",
    # I. a NumPy function -> its gradient -> a program -> a run
    "graph.py",
    "ops/rules.py",
    "ops/leaves.py",
    "ops/elementwise.py",
    "ops/trigonometry.py",
    "ops/rounding.py",
    "ops/cumulative.py",
    "ops/reduction.py",
    "ops/stable.py",
    "ops/shape.py",
    "ops/product.py",
    "ops/indexing.py",
    "ops/sorting.py",
    "ops/windows.py",
    "ops/linalg.py",
    "ops/random.py",
    "ops/__init__.py",
    "trees.py",
    "functions.py",
    "numpy_functions/operands.py",
    "numpy_functions/reductions.py",
    "numpy_functions/statistics.py",
    "numpy_functions/elementwise.py",
    "numpy_functions/shapes.py",
    "numpy_functions/joining.py",
    "numpy_functions/picking.py",
    "numpy_functions/differences.py",
    "numpy_functions/products.py",
    "numpy_functions/einstein.py",
    "numpy_functions/norms.py",
    "numpy_functions/matrices.py",
    "numpy_functions/making.py",
    "numpy_functions/__init__.py",
    "places.py",
    "repairs.py",
    "refusals.py",
    "calls.py",
    "operators.py",
    "row_count.py",
    "traced.py",
    "differences.py",
    "calls_under_way.py",
    "fingerprints.py",
    "recent.py",
    "trace.py",
    "differentiate.py",
    "simplify.py",
    "literals.py",
    "names.py",
    "program.py",
    "verify.py",
    "backends/__init__.py",
    "backends/texts.py",
    "backends/expressions.py",
    "backends/memory.py",
    "backends/outline.py",
    "backends/to_numpy.py",
    "number_texts.py",
    "worked.py",
    "compiling.py",
    "backends/contract.py",
    "backends/shares.py",
    "backends/views.py",
    "backends/making.py",
    "backends/own_kernels.py",
    "backends/axis_kernels.py",
    "backends/order_kernels.py",
    "backends/picking_kernels.py",
    "backends/power_kernels.py",
    "backends/product_kernels.py",
    "backends/philox.py",
    "backends/own_table.py",
    "backends/lowered_picks.py",
    "backends/lowered_products.py",
    "backends/lowering.py",
    "backends/intrinsics.py",
    "backends/exponentials.py",
    "backends/logarithms.py",
    "backends/divisions.py",
    "backends/arithmetic.py",
    "backends/scalars.py",
    "backends/fusion.py",
    "backends/workspace.py",
    "backends/products.py",
    "backends/loops.py",
    "backends/kernels.py",
    "backends/calls_in_main.py",
    "backends/stage_calls.py",
    "backends/to_numba.py",
    "backends/machine_code.py",
    "backends/entries.py",
    "backends/pipelines.py",
    "backends/runtime.py",
    "backends/meeting.py",
    "backends/tiny_numbers.py",
    "waiting.py",
    "interrupts.py",
    "backends/installed.py",
    "backends/kept_files.py",
    "backends/disk_cache.py",
    "backends/spaces.py",
    "backends/blas_threads.py",
    "backends/teams.py",
    "backends/run_numpy.py",
    "backends/run_numba.py",
    "backends/choice.py",
    "arguments.py",
    "transforms.py",
    "directions.py",
    "gradient_checks.py",
    # II. layers -> network -> fit -> the ways in
    "arrays.py",
    "options.py",
    "registries.py",
    "signatures.py",
    "constraints.py",
    "initializers.py",
    "layers/contract.py",
    "layers/activations.py",
    "layers/core.py",
    "layers/functions.py",
    "layers/columns.py",
    "layers/normalization.py",
    "layers/noise.py",
    "layers/shape.py",
    "layers/branches.py",
    "layers/__init__.py",
    "losses/values.py",
    "losses/classes.py",
    "losses/described.py",
    "losses/records.py",
    "losses/several.py",
    "losses/__init__.py",
    "metrics/checks.py",
    "metrics/labels.py",
    "metrics/precision_recall.py",
    "metrics/probabilities.py",
    "metrics/values.py",
    "metrics/records.py",
    "metrics/__init__.py",
    "optimizers/contract.py",
    "optimizers/descent.py",
    "optimizers/decay.py",
    "optimizers/adam.py",
    "optimizers/adaptive.py",
    "optimizers/signs.py",
    "optimizers/averaging.py",
    "optimizers/rates.py",
    "optimizers/lbfgs.py",
    "optimizers/__init__.py",
    "schedules/contract.py",
    "schedules/decay.py",
    "schedules/cosine.py",
    "schedules/warmup.py",
    "schedules/plateau.py",
    "schedules/__init__.py",
    "clipping.py",
    "randomness.py",
    "layer_names.py",
    "plain_values.py",
    "diagnosis/conditions.py",
    "diagnosis/nesting.py",
    "diagnosis/changes.py",
    "diagnosis/findings.py",
    "diagnosis/settling.py",
    "diagnosis/__init__.py",
    "feeding.py",
    "structure.py",
    "diagnosis/remedies.py",
    "text_tables.py",
    "summary.py",
    "loss_checks.py",
    "updates.py",
    "programs.py",
    "frame_columns.py",
    "data.py",
    "targets.py",
    "parameters.py",
    "rows.py",
    "splits.py",
    "built.py",
    "check.py",
    "chunks.py",
    "tasks.py",
    "evaluate.py",
    "predictors.py",
    "learning.py",
    "training.py",
    "records.py",
    "model_files.py",
    "result_files.py",
    "history.py",
    "early_stopping.py",
    "listening.py",
    "progress.py",
    "diagnosis/causes.py",
    "divergence.py",
    "epochs.py",
    "full_batch.py",
    "contradictions.py",
    "recipes.py",
    "training_steps.py",
    "diagnosis/parts.py",
    "diagnosis/regions.py",
    "diagnosis/planning.py",
    "diagnosis/moments.py",
    "diagnosis/looks.py",
    "diagnosis/baselines.py",
    "diagnosis/rates.py",
    "diagnosis/at_rest.py",
    "diagnosis/rules_of_outputs.py",
    "diagnosis/rules_of_data.py",
    "diagnosis/rules_of_starts.py",
    "diagnosis/trends.py",
    "diagnosis/training_changes.py",
    "diagnosis/rules_of_steps.py",
    "diagnosis/rules_of_units.py",
    "diagnosis/rules_of_fading.py",
    "diagnosis/rules_of_losses.py",
    "diagnosis/watching.py",
    "fit.py",
    "diagnosis/overfitting.py",
    "diagnosis/comparing.py",
    "diagnosis/rules_of_gradients.py",
    "diagnosis/rules_of_trials.py",
    "diagnosis/trials.py",
    "diagnosis/rules_of_rises.py",
    "diagnosis/rules_of_room.py",
    "diagnosis/diagnose.py",
    "html_pages.py",
    "explained.py",
    "mathml.py",
    "loss_errors.py",
    "explained_text.py",
    "explained_html.py",
    "explain.py",
    "reasons/__init__.py",
    "reasons/flat_points.py",
    "reasons/score_programs.py",
    "reasons/scores.py",
    "reasons/integrated_gradients.py",
    "reasons/carried.py",
    "reasons/decided.py",
    "reasons/rays.py",
    "reasons/spaces.py",
    "reasons/rounded_changes.py",
    "reasons/flips.py",
    "reasons/explained_prediction.py",
    "reasons/terms.py",
    "reasons/row_points.py",
    "reasons/decision_flips.py",
    "reasons/prediction_text.py",
    "reasons/prediction_html.py",
    "reasons/prediction_explanation.py",
    "reasons/why.py",
    "reasons/array_terms.py",
    "save.py",
    "network.py",
    "repeats.py",
    "cross_validation.py",
    "restarts.py",
    "learning_curves.py",
    "pictures/paper.py",
    "pictures/contract.py",
    "pictures/asked.py",
    "pictures/matrices.py",
    "pictures/wiring.py",
    "pictures/layouts.py",
    "pictures/blocks.py",
    "pictures/neurons.py",
    "pictures/diagrams.py",
    "pictures/curves.py",
    "pictures/rate_curves.py",
    "pictures/layer_values.py",
    "pictures/histograms.py",
    "pictures/planes.py",
    "pictures/boundaries.py",
    "pictures/confusions.py",
    "pictures/reliability.py",
    "pictures/leftovers.py",
    "pictures/weight_images.py",
    "pictures/__init__.py",
    "tensorboard.py",
    "callbacks.py",
    "workloads.py",
    "bench.py",
    "tables.py",
    "columns.py",
    "plans.py",
    "encoding.py",
    "tabular.py",
    "table_reports.py",
    "table_explanations.py",
    "table_predictions.py",
    "table_pictures.py",
    "table_defaults.py",
    "model_names.py",
    "table_training.py",
    "table_diagnoses.py",
    "__init__.py",
    "sklearn/arrays.py",
    "sklearn/data.py",
    "sklearn/checks.py",
    "sklearn/losses.py",
    "sklearn/translation.py",
    "sklearn/layers.py",
    "sklearn/layer_parameters.py",
    "sklearn/results.py",
    "sklearn/picture.py",
    "sklearn/estimator.py",
    "sklearn/parameters.py",
    "sklearn/perceptron.py",
    "sklearn/layered.py",
    "sklearn/classifier.py",
    "sklearn/regressor.py",
    "sklearn/mlp_classifier.py",
    "sklearn/mlp_regressor.py",
    "sklearn/network_classifier.py",
    "sklearn/network_regressor.py",
    "sklearn/__init__.py",
    "cli/console.py",
    "cli/train.py",
    "cli/predict.py",
    "cli/evaluate.py",
    "cli/explain.py",
    "cli/diagnose.py",
    "cli/picture.py",
    "cli/source.py",
    "cli/summary.py",
    "cli/cache.py",
    "cli/bench.py",
    "cli/__init__.py",
    "__main__.py",
]
# A file that reads a model makes a network; a network's method writes the file. What
# happened has a method that draws it; the picture shows what happened.
FORWARD = {
    ("save.py", "network.py"),
    ("history.py", "pictures/__init__.py"),
    ("learning_curves.py", "pictures/__init__.py"),
    ("diagnosis/rates.py", "pictures/__init__.py"),
}

FILES = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}


def module_of(file):
    parts = ["glassprop", *file.removesuffix(".py").split("/")]
    return ".".join(parts).removesuffix(".__init__")


MODULES = {module_of(file): file for file in FILES}


class Imports(ast.NodeVisitor):
    """Collect what a file imports, in functions too, but for type checkers alone."""

    def __init__(self):
        self.found = []
        self.relative = []

    def visit_If(self, node):  # noqa: N802  # the name that ast asks for
        if getattr(node.test, "id", "") == "TYPE_CHECKING":
            for one in node.orelse:
                self.visit(one)
        else:
            self.generic_visit(node)

    def visit_Import(self, node):  # noqa: N802  # the name that ast asks for
        self.found += [one.name for one in node.names]

    def visit_ImportFrom(self, node):  # noqa: N802  # the name that ast asks for
        if node.level:
            self.relative.append(node.lineno)
        for one in node.names:
            whole = f"{node.module}.{one.name}"
            self.found.append(whole if whole in MODULES else node.module)


def imports_of(file):
    visitor = Imports()
    visitor.visit(ast.parse(FILES[file].read_text(encoding="utf-8")))
    return visitor


def test_every_file_has_its_place_once():
    assert len(set(ORDER)) == len(ORDER)
    assert sorted(FILES.keys() - set(ORDER)) == []


@pytest.mark.parametrize("file", [file for file in ORDER if file in FILES])
def test_a_file_imports_only_from_those_above_it(file):
    imports = imports_of(file)
    assert imports.relative == []
    place = {one: at for at, one in enumerate(ORDER)}
    own = {MODULES[one] for one in imports.found if one in MODULES} - {file}
    below = [one for one in own if place[one] > place[file]]
    assert [one for one in below if (file, one) not in FORWARD] == []


def test_errors_import_nothing_of_ours():
    assert [one for one in imports_of("errors.py").found if one in MODULES] == []


@pytest.mark.parametrize(("file", "below"), sorted(FORWARD))
def test_an_exception_to_the_order_is_used(file, below):
    assert module_of(below) in imports_of(file).found


def test_importing_the_package_imports_nothing_heavy():
    heavy = ["scipy", "sklearn", "numba", "duckdb", "typer", "rich", "pandas"]
    heavy += ["matplotlib", "safetensors", "pyarrow", "hypothesis", "tensorboardX"]
    code = f"import sys, glassprop; print([x for x in {heavy} if x in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_every_module_imports_without_the_extra_for_speed():
    printed = {
        f"glassprop.backends.{one}"
        for one in (
            "entries",
            "intrinsics",
            "meeting",
            "pipelines",
            "runtime",
            "tiny_numbers",
        )
    }
    needing_scipy = {one for one in MODULES if one.startswith("glassprop.sklearn")}
    names = sorted(MODULES.keys() - printed - needing_scipy - {"glassprop.__main__"})
    code = f"""if True:
        import sys
        from importlib import import_module

        for name in ("numba", "llvmlite", "scipy", "threadpoolctl"):
            sys.modules[name] = None
        for name in {names}:
            import_module(name)
    """
    subprocess.run([sys.executable, "-c", code], check=True)
