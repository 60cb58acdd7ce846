"""How Numba compiles a printed module: each function's code is optimized once, in main.

Numba optimizes and translates each function by itself, and once more inside of those
that call it. Here only the module's last function is called from Python, so what comes
before it is brought to LLVM's language and left there: `Part`. The last function's
library links those parts and is optimized and translated as a whole, with an entry
that needs no Numba: `Main`, whose machine code is an object file (`machine_code`). Both
leave out passes for what printed functions never have: closures, ``with``, generators,
calls of inlined Python.

Only printed modules import this file, so that Numba is imported where something is
compiled.
"""

from __future__ import annotations

import importlib
from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.typed_passes import (
    IRLegalization,
    NativeLowering,
    NoPythonBackend,
    NopythonTypeInference,
    PreLowerStripPhis,
)
from numba.core.untyped_passes import (
    FixupArgs,
    GenericRewrites,
    IRProcessing,
    ReconstructSSA,
    TranslateByteCode,
)

from glassprop.backends.entries import add_entry


class _PartLibrary(JITCodeLibrary):
    """Code for other libraries to link: neither optimized nor translated by itself."""

    def finalize(self) -> None:
        for library in dict.fromkeys(self._linking_libraries):
            module = library._get_module_for_linking()
            self._final_module.link_in(module, preserve=True)
        self._finalized = True


class _MainLibrary(JITCodeLibrary):
    """Code that is linked, optimized and translated, and not put into this process."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]
        assert not self._dynamic_globals, "it holds addresses of this process"
        self.object_file: bytes = self._codegen._tm.emit_object(self._final_module)
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _PartLowering(NativeLowering):
    """Give a function a part as its library; later functions can call it so."""

    _name = "glassprop_part_lowering"
    library: type[JITCodeLibrary] = _PartLibrary

    def run_pass(self, state: Any) -> bool:
        codegen = state.targetctx.codegen()
        make: Any = self.library
        library = make(codegen, state.func_id.func_qualname)
        state.library = library
        state.flags.no_compile = True  # it gets no address
        super().run_pass(state)  # type: ignore[no-untyped-call]  # Numba has no types
        lowered = state.cr
        described = lowered.fndesc
        entry = importlib.import_module("numba._dynfunc").make_function(
            described.lookup_module(),
            described.qualname,
            "Python does not call this",
            0,
            lowered.env,
            (library,),
        )
        state.targetctx.insert_user_function(entry, described, [library])
        state.cr = lowered._replace(cfunc=entry)
        return True


@register_pass(mutates_CFG=True, analysis_only=False)
class _MainLowering(_PartLowering):
    """Give the function that all parts are for its library, and the entry to it."""

    _name = "glassprop_main_lowering"
    library = _MainLibrary

    def run_pass(self, state: Any) -> bool:
        super().run_pass(state)
        add_entry(state.targetctx, state.library, state.cr.fndesc)
        state.library.finalize()
        return True


def _passes(state: Any, lowering: type[NativeLowering]) -> list[PassManager]:
    """Give the passes that printed functions need, in Numba's order."""
    manager = PassManager("glassprop")
    passes: list[Any] = [
        TranslateByteCode,
        FixupArgs,
        IRProcessing,
        GenericRewrites,
        ReconstructSSA,
        NopythonTypeInference,
        PreLowerStripPhis,
        IRLegalization,
        lowering,
        NoPythonBackend,
    ]
    for one in passes:
        manager.add_pass(one, one.__name__)
    manager.finalize()
    return [manager]


class Part(CompilerBase):
    """Compile a function that only functions of its module call."""

    def define_pipelines(self) -> list[PassManager]:
        """Give the passes."""
        return _passes(self.state, _PartLowering)


class Main(CompilerBase):
    """Compile the function that Python calls, with all that it links."""

    def define_pipelines(self) -> list[PassManager]:
        """Give the passes."""
        return _passes(self.state, _MainLowering)


def object_file(main: Any) -> bytes:
    """Give the machine code of a compiled `Main` and of all that it calls.

    Parameters
    ----------
    main : numba dispatcher
        With the one version that was compiled.
    """
    (result,) = main.overloads.values()
    file: bytes = result.library.object_file
    return file
