import runpy
from pathlib import Path

import matplotlib.image

ROOT = Path(__file__).parents[2]


def test_overview_is_drawn_from_what_is_measured(tmp_path):
    make = runpy.run_path(str(ROOT / "docs" / "images" / "make.py"))
    make["main"](tmp_path)
    assert matplotlib.image.imread(tmp_path / "overview.png").std() > 0.1
    assert len(make["faces"]()) == 20 and make["neighbours"]().sum() == 60
