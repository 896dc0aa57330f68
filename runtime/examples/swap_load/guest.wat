;; Answers with what it was sent, after as many nanoseconds as the first 8 bytes of the body say.
(module
  (import "wasi:clocks/monotonic-clock@0.2.12" "subscribe-duration" (func $subscribe (param i64) (result i32)))
  (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/poll@0.2.12" "[resource-drop]pollable" (func $drop (param i32)))

  ;; The results of functions lie at 1024, the texts at 512, and the heap from 2048 on.
  (memory (export "memory") 1)
  (data (i32.const 512) "load0.1.0")
  (global $heap (mut i32) (i32.const 2048))

  ;; Memory for one call: given out in order, taken back as a whole when the call has returned.
  (func (export "cabi_realloc")
    (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $new i32)
    (local.set $new
      (i32.and
        (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $new) (local.get $size)))
    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
      (then (unreachable)))
    (memory.copy (local.get $new) (local.get $old) (local.get $old-size))
    (local.get $new))
  (func $free (global.set $heap (i32.const 2048)))

  (func $ok (result i32)
    (i32.store8 (i32.const 1024) (i32.const 0))
    (i32.const 1024))

  (func $wait (param $nanoseconds i64)
    (local $over i32)
    (if (i64.eqz (local.get $nanoseconds)) (then (return)))
    (local.set $over (call $subscribe (local.get $nanoseconds)))
    (call $block (local.get $over))
    (call $drop (local.get $over)))

  (func (export "airssys:component/guest@0.1.0#init") (param i32 i32) (result i32) (call $ok))
  (func (export "cabi_post_airssys:component/guest@0.1.0#init") (param i32) (call $free))

  (func (export "airssys:component/guest@0.1.0#execute")
    (param $type i32) (param $type-length i32)
    (param $body i32) (param $body-length i32)
    (param $metadata i32) (param $metadata-length i32)
    (result i32)
    (if (i32.ge_u (local.get $body-length) (i32.const 8))
      (then (call $wait (i64.load align=1 (local.get $body)))))
    (i32.store (i32.const 1028) (local.get $type))
    (i32.store (i32.const 1032) (local.get $type-length))
    (i32.store (i32.const 1036) (local.get $body))
    (i32.store (i32.const 1040) (local.get $body-length))
    (i32.store (i32.const 1044) (local.get $metadata))
    (i32.store (i32.const 1048) (local.get $metadata-length))
    (call $ok))
  (func (export "cabi_post_airssys:component/guest@0.1.0#execute") (param i32) (call $free))

  (func (export "airssys:component/guest@0.1.0#shutdown") (result i32) (call $ok))

  (func (export "airssys:component/guest@0.1.0#metadata") (result i32)
    (i32.store (i32.const 1024) (i32.const 512))
    (i32.store (i32.const 1028) (i32.const 4))
    (i32.store (i32.const 1032) (i32.const 516))
    (i32.store (i32.const 1036) (i32.const 5))
    (i32.store (i32.const 1040) (i32.const 512))
    (i32.store (i32.const 1044) (i32.const 0))
    (i32.const 1024))

  (func (export "airssys:component/guest@0.1.0#required-capabilities") (result i32)
    (i32.store (i32.const 1024) (i32.const 512))
    (i32.store (i32.const 1028) (i32.const 0))
    (i32.const 1024))

  (func (export "airssys:component/guest@0.1.0#health-status") (result i32) (call $ok))
)
