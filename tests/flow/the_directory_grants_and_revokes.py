"""An update that follows its context at once waits for facts, for a moment."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client import ContextKey, NOERROR, Signed, expect, replace, udp, wait_for

# Facts are believed for a second: each context below finds none.
for i in range(5):
    wait_for("the facts of the last round are old", lambda end=time.monotonic() + 1.1: time.monotonic() > end)
    key = ContextKey(f"at-once-{i}").negotiate()
    started = time.monotonic()
    expect("an update at once", NOERROR, Signed(key, replace("pc1", "A", f"192.0.2.{i + 1}")).send(udp))
    expect("it waits for its timeout", True, time.monotonic() - started < 30)
