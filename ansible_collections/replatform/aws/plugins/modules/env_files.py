# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: env_files
short_description: Switch what applications read from their dotenv files, and back
version_added: 0.1.0
description:
  - Sets values of C(.env) files in place and has the commands run that the application needs then. Everything else in
    a file stays as it is to the byte, and so do its owner, mode and attributes. A file is replaced at once.
  - What a file was before is kept beside it, once. O(state=restored) makes it that again, to the byte; of a file that
    was edited meanwhile only the keys are set back, with a warning.
  - A value is quoted as the old one was, or in the way that Laravel, Symfony and a shell read the same text from.
    C(KEY=value), C(export), quotes, comments, CRLF and values of several lines are understood.
  - Everything is looked at before anything is written. When a write or a command fails while values are set, all files
    of the call are set back and the commands run once more. A run that was killed is taken up by the next one.
  - Runs on the server that has the files and needs nothing there but Python 3.10 or newer.
author: Replatform contributors (@replatform)
extends_documentation_fragment:
  - replatform.aws.attributes
options:
  files:
    description: The files; each once.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The file. Where it is a link, what it leads to is replaced and the link stays.
        type: path
        required: true
      values:
        description:
          - The keys and their new values. Every key must be there already, and once.
          - Give them with O(state=restored) too; a file that says just this is known not to be edited.
        type: dict
        required: true
      commands:
        description:
          - What has to be run after the file has changed, in this order, such as rebuilding a cache or restarting
            workers. Run in both directions, and never when nothing changed.
        type: list
        elements: dict
        default: []
        suboptions:
          argv:
            description: The program and its arguments; no shell reads them.
            type: list
            elements: str
            required: true
          chdir:
            description: Folder in which it runs; that of the file when not given.
            type: path
          if_exists:
            description: Run it only where this file is, relative to the folder.
            type: path
          timeout_s:
            description: Seconds after which it is ended and counts as failed.
            type: int
            default: 120
  state:
    description: V(set) gives the files the values, V(restored) makes them what they were before.
    type: str
    choices: [set, restored]
    default: set
  kept_suffix:
    description: Added to a file's name for its old content. It can be read by whom the file can be read.
    type: str
    default: .before-switch
notes:
  - Variables that the service itself sets, as in a PHP-FPM pool or a supervisor file, stand before those of C(.env).
    Change them there.
  - Symfony reads no C(.env) where C(.env.local.php) was dumped; name C(composer dump-env) among the commands then.
  - Deployments that write C(.env) anew do so with the values of their own settings; change those as well.
"""

EXAMPLES = r"""
- name: Let the shop read from Aurora
  replatform.aws.env_files:
    files:
      - path: /home/ploi/shop.example/.env
        values:
          DB_HOST: shop.cluster-abc.eu-west-1.rds.amazonaws.com
          DB_PASSWORD: "{{ shop_db_password }}"
        commands:
          - argv: [php, artisan, config:cache]
            if_exists: bootstrap/cache/config.php
          - argv: [php, artisan, queue:restart]
          - argv: [sudo, -n, systemctl, reload, php8.3-fpm]

- name: Let it read from where it read before
  replatform.aws.env_files:
    state: restored
    files:
      - path: /home/ploi/shop.example/.env
        values:
          DB_HOST: shop.cluster-abc.eu-west-1.rds.amazonaws.com
          DB_PASSWORD: "{{ shop_db_password }}"
"""

RETURN = r"""
files:
  description: One entry for each file, in the order given; in check mode as it would be.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file as it was given.
      returned: success
      type: str
    action:
      description: What was done, C(set), C(restore) or C(none).
      returned: success
      type: str
    changed:
      description: Whether anything was done.
      returned: success
      type: bool
    changed_keys:
      description: The keys that had another value.
      returned: success
      type: list
      elements: str
      sample: [DB_HOST, DB_PASSWORD]
    kept:
      description: Where the old content is; null when nothing is kept.
      returned: success
      type: str
      sample: /home/ploi/shop.example/.env.before-switch
    edited:
      description: Whether the file was edited since it was switched, so that only the keys were set back.
      returned: success
      type: bool
    commands:
      description: The commands that were run.
      returned: success
      type: list
      elements: str
      sample: [php artisan config:cache, php artisan queue:restart]
actions:
  description: One line for each file written and each command run (in check mode, that would be).
  returned: always
  type: list
  elements: str
  sample: ["set DB_HOST in /home/ploi/shop.example/.env"]
"""

from ..module_utils.env_files import FILE_OPTIONS, switch
from ..module_utils.module import Module

OPTIONS = {
    "files": {"type": "list", "elements": "dict", "required": True, "options": FILE_OPTIONS},
    "state": {"type": "str", "choices": ["set", "restored"], "default": "set"},
    "kept_suffix": {"type": "str", "default": ".before-switch"},
}


def main() -> None:
    Module(OPTIONS, fragments=[]).run(
        lambda m: switch(
            m.params["files"],
            state=m.params["state"],
            suffix=m.params["kept_suffix"],
            check=m.mode.check,
            hide=m.hide,
        )
    )


if __name__ == "__main__":
    main()
