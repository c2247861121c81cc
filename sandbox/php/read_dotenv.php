<?php

// JSON list of dotenv texts in base64 on stdin; of each, what Laravel's and Symfony's library read, or why they refuse.
$readers = [
    'laravel' => static fn (string $text): array => Dotenv\Dotenv::parse($text),
    'symfony' => static fn (string $text): array => (new Symfony\Component\Dotenv\Dotenv())->parse($text),
];
$answers = [];
foreach (json_decode(stream_get_contents(STDIN), true) as $encoded) {
    $answer = [];
    foreach ($readers as $name => $read) {
        try {
            $answer[$name] = (object) $read(base64_decode($encoded));
        } catch (RuntimeException $refusal) {
            $answer[$name] = $refusal->getMessage();
        }
    }
    $answers[] = $answer;
}
echo json_encode($answers);
