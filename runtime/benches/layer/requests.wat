;; Requests `/` of a server as many times as it is told, one after the other, and answers how many bytes came.
(import "wasi:http/types@0.2.12" "[constructor]fields" (func $fields (result i32)))
(import "wasi:http/types@0.2.12" "[constructor]outgoing-request" (func $request (param i32) (result i32)))
(import "wasi:http/types@0.2.12" "[method]outgoing-request.set-scheme"
  (func $set-scheme (param i32 i32 i32 i32 i32) (result i32)))
(import "wasi:http/types@0.2.12" "[method]outgoing-request.set-authority"
  (func $set-authority (param i32 i32 i32 i32) (result i32)))
(import "wasi:http/types@0.2.12" "[method]outgoing-request.set-path-with-query"
  (func $set-path (param i32 i32 i32 i32) (result i32)))
(import "wasi:http/outgoing-handler@0.2.12" "handle" (func $handle (param i32 i32 i32 i32)))
(import "wasi:http/types@0.2.12" "[method]future-incoming-response.subscribe"
  (func $subscribe (param i32) (result i32)))
(import "wasi:http/types@0.2.12" "[method]future-incoming-response.get" (func $get (param i32 i32)))
(import "wasi:http/types@0.2.12" "[resource-drop]future-incoming-response" (func $drop-future (param i32)))
(import "wasi:http/types@0.2.12" "[method]incoming-response.consume" (func $consume (param i32 i32)))
(import "wasi:http/types@0.2.12" "[resource-drop]incoming-response" (func $drop-response (param i32)))
(import "wasi:http/types@0.2.12" "[method]incoming-body.stream" (func $stream (param i32 i32)))
(import "wasi:http/types@0.2.12" "[resource-drop]incoming-body" (func $drop-body (param i32)))
(import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
(import "wasi:io/poll@0.2.12" "[resource-drop]pollable" (func $drop-pollable (param i32)))
(import "wasi:io/streams@0.2.12" "[method]input-stream.blocking-read" (func $blocking-read (param i32 i64 i32)))
(import "wasi:io/streams@0.2.12" "[resource-drop]input-stream" (func $drop-input (param i32)))
;; The functions.
(data (i32.const 1050624) "/")

;; What came back is no error.
(func $check (if (i32.load8_u (i32.const 1049600)) (then (unreachable))))

(func $one (param $authority i32) (param $length i32) (result i32)
  (local $request i32) (local $future i32) (local $ready i32) (local $response i32) (local $body i32)
  (local $input i32) (local $sum i32)
  (local.set $request (call $request (call $fields)))
  (drop (call $set-scheme (local.get $request) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
  (drop (call $set-authority (local.get $request) (i32.const 1) (local.get $authority) (local.get $length)))
  (drop (call $set-path (local.get $request) (i32.const 1) (i32.const 1050624) (i32.const 1)))
  (call $handle (local.get $request) (i32.const 0) (i32.const 0) (i32.const 1049600))
  (call $check)
  (local.set $future (i32.load (i32.const 1049608)))
  (local.set $ready (call $subscribe (local.get $future)))
  (call $block (local.get $ready))
  (call $drop-pollable (local.get $ready))
  (call $get (local.get $future) (i32.const 1049600))
  ;; It is there, nobody has taken it, and it is no error.
  (if (i32.or (i32.or (i32.ne (i32.load8_u (i32.const 1049600)) (i32.const 1))
                      (i32.load8_u (i32.const 1049608)))
              (i32.load8_u (i32.const 1049616)))
    (then (unreachable)))
  (local.set $response (i32.load (i32.const 1049624)))
  (call $consume (local.get $response) (i32.const 1049600))
  (call $check)
  (local.set $body (i32.load (i32.const 1049604)))
  (call $stream (local.get $body) (i32.const 1049600))
  (call $check)
  (local.set $input (i32.load (i32.const 1049604)))
  (block $end
    (loop $more
      (call $blocking-read (local.get $input) (i64.const 4096) (i32.const 1049600))
      (br_if $end (i32.load8_u (i32.const 1049600)))
      (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 1049608))))
      (br $more)))
  ;; It has ended and not failed.
  (if (i32.ne (i32.load8_u (i32.const 1049604)) (i32.const 1)) (then (unreachable)))
  (call $drop-input (local.get $input))
  (call $drop-body (local.get $body))
  (call $drop-response (local.get $response))
  (call $drop-future (local.get $future))
  (local.get $sum))

(func (export "requests") (param $authority i32) (param $length i32) (param $times i32) (result i32)
  (local $n i32) (local $sum i32) (local $heap i32)
  (local.set $heap (global.get $heap))
  (loop $again
    (local.set $sum (i32.add (local.get $sum) (call $one (local.get $authority) (local.get $length))))
    ;; The authority stays, and the bodies go.
    (global.set $heap (local.get $heap))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $again (i32.lt_u (local.get $n) (local.get $times))))
  (call $free)
  (local.get $sum))
