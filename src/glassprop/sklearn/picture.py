"""What a notebook shows of an estimator: scikit-learn's diagram, and its network."""

from __future__ import annotations

from html import escape
from typing import Any

from sklearn.utils import estimator_html_repr

import glassprop as gp
from glassprop.errors import MissingExtraError


def html_of(told: Any) -> str:
    """Give an estimator as HTML.

    Parameters
    ----------
    told : estimator
        Where it is fitted, its network stands below scikit-learn's diagram: as a
        picture, or without Matplotlib as the table of its summary.

    Returns
    -------
    str
        A part of a page. Scripts in it are scikit-learn's.
    """
    diagram = str(estimator_html_repr(told))
    return f"{diagram}{_shown(told.network_)}" if "network_" in vars(told) else diagram


def _shown(net: gp.Network) -> str:
    picture = gp.pictures.network(net)
    try:
        picture.svg()
    except MissingExtraError:
        return f"<pre>{escape(net.summary())}</pre>"
    return picture._repr_html_()
