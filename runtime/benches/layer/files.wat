;; Each does one thing with files as many times as it is told, and answers how many times.
;; What comes back lies at 1049600; the path of a file in the directory and that of one below two more lie behind it.
(import "wasi:filesystem/preopens@0.2.12" "get-directories" (func $get-directories (param i32)))
(import "wasi:filesystem/types@0.2.12" "[method]descriptor.open-at"
  (func $open-at (param i32 i32 i32 i32 i32 i32 i32)))
(import "wasi:filesystem/types@0.2.12" "[method]descriptor.stat-at" (func $stat-at (param i32 i32 i32 i32 i32)))
(import "wasi:filesystem/types@0.2.12" "[method]descriptor.stat" (func $stat (param i32 i32)))
(import "wasi:filesystem/types@0.2.12" "[method]descriptor.read" (func $read (param i32 i64 i64 i32)))
(import "wasi:filesystem/types@0.2.12" "[method]descriptor.write" (func $write-at (param i32 i32 i32 i64 i32)))
(import "wasi:filesystem/types@0.2.12" "[method]descriptor.read-via-stream"
  (func $read-via-stream (param i32 i64 i32)))
(import "wasi:filesystem/types@0.2.12" "[resource-drop]descriptor" (func $close (param i32)))
(import "wasi:io/streams@0.2.12" "[method]input-stream.blocking-read" (func $blocking-read (param i32 i64 i32)))
(import "wasi:io/streams@0.2.12" "[resource-drop]input-stream" (func $close-input (param i32)))
;; The functions.
(data (i32.const 1050624) "filesome/where/file")
(global $directory (mut i32) (i32.const -1))

;; The one directory that it begins with.
(func $at (result i32)
  (if (i32.eq (global.get $directory) (i32.const -1))
    (then
      (call $get-directories (i32.const 1049600))
      (global.set $directory (i32.load (i32.load (i32.const 1049600))))))
  (global.get $directory))

;; What came back is no error.
(func $check (if (i32.load8_u (i32.const 1049600)) (then (unreachable))))

;; Opens the file that is named, to read and write it.
(func $open (param $path i32) (param $length i32) (result i32)
  (call $open-at (call $at) (i32.const 0) (local.get $path) (local.get $length)
    (i32.const 0) (i32.const 3) (i32.const 1049600))
  (call $check)
  (i32.load (i32.const 1049604)))

(func (export "opens") (param $times i32) (result i32) (local $n i32)
  (loop $again
    (call $close (call $open (i32.const 1050624) (i32.const 4)))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $n) (local.get $times))))
  (local.get $n))

(func (export "opens-below") (param $times i32) (result i32) (local $n i32)
  (loop $again
    (call $close (call $open (i32.const 1050628) (i32.const 15)))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $n) (local.get $times))))
  (local.get $n))

(func (export "stats") (param $times i32) (result i32) (local $n i32)
  (loop $again
    (call $stat-at (call $at) (i32.const 0) (i32.const 1050624) (i32.const 4) (i32.const 1049600))
    (call $check)
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $n) (local.get $times))))
  (local.get $n))

(func (export "stats-below") (param $times i32) (result i32) (local $n i32)
  (loop $again
    (call $stat-at (call $at) (i32.const 0) (i32.const 1050628) (i32.const 15) (i32.const 1049600))
    (call $check)
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $n) (local.get $times))))
  (local.get $n))

(func (export "stats-open") (param $times i32) (result i32) (local $n i32) (local $file i32)
  (local.set $file (call $open (i32.const 1050624) (i32.const 4)))
  (loop $again
    (call $stat (local.get $file) (i32.const 1049600))
    (call $check)
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $n) (local.get $times))))
  (call $close (local.get $file))
  (local.get $n))

(func (export "reads") (param $times i32) (result i32) (local $n i32) (local $file i32)
  (local.set $file (call $open (i32.const 1050624) (i32.const 4)))
  (loop $again
    (call $read (local.get $file) (i64.const 4096) (i64.const 0) (i32.const 1049600))
    (call $check)
    (if (i32.ne (i32.load (i32.const 1049608)) (i32.const 4096)) (then (unreachable)))
    (call $free)
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $n) (local.get $times))))
  (call $close (local.get $file))
  (local.get $n))

(func (export "streams") (param $times i32) (result i32) (local $n i32) (local $file i32) (local $input i32)
  (local.set $file (call $open (i32.const 1050624) (i32.const 4)))
  (loop $again
    (call $read-via-stream (local.get $file) (i64.const 0) (i32.const 1049600))
    (call $check)
    (local.set $input (i32.load (i32.const 1049604)))
    (call $blocking-read (local.get $input) (i64.const 4096) (i32.const 1049600))
    (call $check)
    (if (i32.ne (i32.load (i32.const 1049608)) (i32.const 4096)) (then (unreachable)))
    (call $free)
    (call $close-input (local.get $input))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $n) (local.get $times))))
  (call $close (local.get $file))
  (local.get $n))

(func (export "writes") (param $times i32) (result i32) (local $n i32) (local $file i32)
  (local.set $file (call $open (i32.const 1050624) (i32.const 4)))
  (loop $again
    ;; The bytes are of the stack's far end, which nothing has used.
    (call $write-at (local.get $file) (i32.const 65536) (i32.const 4096) (i64.const 0) (i32.const 1049600))
    (call $check)
    (if (i64.ne (i64.load (i32.const 1049608)) (i64.const 4096)) (then (unreachable)))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $n) (local.get $times))))
  (call $close (local.get $file))
  (local.get $n))
