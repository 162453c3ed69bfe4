"""A low-information picture is one that carries nothing to know a product by: blank, one colour, a faint gradient."""

import numpy as np
from numpy.typing import NDArray

MIN_DEVIATION = 6.0  # of 255, root mean square over the pixels and channels


def low_information(squares: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether pictures of (n, 60, 60, 3) uint8 carry too little to identify a product: (n,) bool.

    >>> flat = np.full((1, 60, 60, 3), 200, dtype=np.uint8)
    >>> low_information(flat).tolist()
    [True]
    """
    deviation = np.sqrt(squares.astype(np.float64).var(axis=(1, 2)).mean(axis=1))
    flagged: NDArray[np.bool_] = deviation < MIN_DEVIATION
    return flagged
