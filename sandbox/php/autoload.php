<?php

// Debian's libraries lie below the include_path by the names of their classes.
spl_autoload_register(static function (string $class): void {
    $file = stream_resolve_include_path(strtr($class, '\\', '/') . '.php');
    if ($file !== false) {
        require $file;
    }
});
