"""cfn-lint as a command; with `--known-regions` alone it prints the regions that it knows, a line each."""

import sys

from cfnlint.helpers import REGIONS
from cfnlint.runner import main

if sys.argv[1:] == ["--known-regions"]:
    print("\n".join(sorted(REGIONS)))
else:
    main()
