"""
Starts ministack, without its gaps. A gap that is mended upstream fails the start, so that its patch is deleted from gaps.py.

`--check` only asks whether every gap is there, and `--check --patched` asks a ministack that has none of them.
"""
import os
import signal
import sys
import threading

import ministack.app as app

from gaps import gaps


def end_with_parent():
    """The parent holds the other end of standard input: when it goes, all that was started here goes too."""
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


if __name__ == '__main__':
    if '--patched' in sys.argv:
        for _, _, patch in gaps:
            patch()
    mended = [aws for aws, is_there, _ in gaps if not is_there()]
    if mended:
        sys.exit('ministack no longer lacks this; delete the patch from gaps.py: AWS ' + '; AWS '.join(mended))
    if '--check' in sys.argv:
        sys.exit()
    for _, _, patch in gaps:
        patch()
    # It would listen on port 443 too; the clients' loopback.mjs connects to the one port instead.
    app._port_is_bindable = lambda *_: False
    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv = sys.argv[:1]
    app.main()
