"""A network as a picture: neurons and weights if it is small, blocks otherwise."""

from __future__ import annotations

import math

from glassprop.errors import ArgumentError
from glassprop.network import Network
from glassprop.pictures.asked import check_network
from glassprop.pictures.blocks import block_picture
from glassprop.pictures.contract import Picture
from glassprop.pictures.neurons import columns_of, is_small, neuron_picture
from glassprop.summary import structure_text


def network(net: Network, *, neurons: bool | None = None) -> Picture:
    """Show a network: neurons and weights if it is small, blocks otherwise.

    A line is a weight: its width the size, its colour and dashes the sign. Inside of a
    neuron stands its bias.

    Parameters
    ----------
    net : Network
        The network, whose input shape is known.
    neurons : bool or None
        True for each neuron, False for blocks; None for neurons where no layer has more
        than 12 of them, and for blocks elsewhere.

    Returns
    -------
    Picture
        Of neurons: ``layers``, the names of the columns, ``x`` first; ``units``, how
        many are in each; ``texts``, what the layers are; ``weights``, a dict from a
        layer's name to its matrix; ``biases``, likewise. Of blocks: ``blocks``, each a
        name, what it is, the shape of what it gives, and its number of parameters;
        ``wires``, pairs of numbers of blocks: which feeds which.

    Raises
    ------
    ArgumentError
        If the shape of the input is not known, or neurons are asked for where layers
        are no matrices in a row.

    Examples
    --------
    >>> import glassprop as gp
    >>> layers = [gp.Dense(2, weights=[[[1.5, -2.0]]], name="hidden")]
    >>> print(gp.pictures.network(gp.Network(layers, input_shape=1)).table())
    from  to         weight
    ----  ---------  ------
    x[0]  hidden[0]  1.5
    x[0]  hidden[1]  -2
    bias  hidden[0]  0
    bias  hidden[1]  0
    """
    check_network(net, "network")
    structure = net.structure
    columns = columns_of(structure)
    if neurons and columns is None:
        raise ArgumentError(
            "network: neurons=True draws layers that are matrices in a row, as "
            "gp.Dense is, and this network has others. Leave it out for blocks."
        )
    total = sum(math.prod(one.shape) for one in structure.parameters.values())
    title = net.name or "Network"
    told = f"{structure_text(structure)}, with {total:,} parameters."
    if columns is not None and (is_small(columns) if neurons is None else neurons):
        return neuron_picture(columns, net.values, title, told)
    return block_picture(structure, title, told)
