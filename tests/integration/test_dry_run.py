"""The Python of docs/control-topic.md, as it stands there: a dry run is answered, and nothing is done."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from nk_demo.server import DemoServer
from support.shop_clock import shop_today
from support.system import PROJECT, running


def test_a_dry_run_says_which_days_it_would_load(tmp_path: Path, demo: DemoServer) -> None:
    last = shop_today() - timedelta(days=2)
    first = last - timedelta(days=1)
    example = re.findall(
        r"```python\n(.*?)```", (PROJECT / "docs" / "control-topic.md").read_text(), re.DOTALL
    )
    assert len(example) == 1
    with running(tmp_path, demo, ("extractor",)) as system:
        program = example[0].replace("127.0.0.1:19092", f"127.0.0.1:{system.broker_port}")
        program = program.replace("2025-12-23", str(first)).replace("2025-12-24", str(last))
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True)
        assert ast.literal_eval(done.stdout.decode()) == {"pos": [f"{first}/{last}"]}
        assert system.partitions("pos").keys() <= {str(shop_today()), "whole"}
        with system.ledger() as ledger:
            assert ledger.runs() == []
