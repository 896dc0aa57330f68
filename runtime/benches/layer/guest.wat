;; A guest laid out as a compiler lays one out: a stack of 1 MiB, constants behind it, then the heap.
;; It imports what the standard library of a language imports, and answers calls with what it was sent.
(module
  (import "wasi:cli/environment@0.2.12" "get-environment" (func $get-environment (param i32)))
  (import "wasi:cli/exit@0.2.12" "exit" (func $exit (param i32)))
  (import "wasi:cli/stdout@0.2.12" "get-stdout" (func $get-stdout (result i32)))
  (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush"
    (func $write (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.12" "[resource-drop]output-stream" (func $drop (param i32)))
;; More imports go here.

  (memory (export "memory") 17)
  (table 4 4 funcref)
  (elem (i32.const 1) $execute $unreachable-write)

  ;; The results of functions lie at 1048576, the texts behind them, and the heap from 1052672 on.
  (data (i32.const 1048640) "bench0.1.0text/plain")
  (global $heap (mut i32) (i32.const 1052672))
  (global $stack (mut i32) (i32.const 1048576))

  ;; Memory for one call: given out in order, taken back as a whole when the call has returned.
  (func $realloc (export "cabi_realloc")
    (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $new i32)
    (local.set $new
      (i32.and
        (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $new) (local.get $size)))
    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
      (then
        (if (i32.eq (i32.const -1)
              (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $size) (i32.const 16)))))
          (then (unreachable)))))
    (memory.copy (local.get $new) (local.get $old) (local.get $old-size))
    (local.get $new))
  (func $free (global.set $heap (i32.const 1052672)))

  (func $ok (result i32)
    (i32.store8 (i32.const 1048576) (i32.const 0))
    (i32.const 1048576))

  (func (export "airssys:component/guest@0.1.0#init") (param i32 i32) (result i32) (call $ok))
  (func (export "cabi_post_airssys:component/guest@0.1.0#init") (param i32) (call $free))

  (func $execute (export "airssys:component/guest@0.1.0#execute")
    (param $type i32) (param $type-length i32)
    (param $body i32) (param $body-length i32)
    (param $metadata i32) (param $metadata-length i32)
    (result i32)
    ;; A compiled guest keeps its locals on its own stack.
    (global.set $stack (i32.sub (global.get $stack) (i32.const 64)))
    (i64.store (global.get $stack) (i64.extend_i32_u (local.get $body)))
    (global.set $stack (i32.add (global.get $stack) (i32.const 64)))
    (i32.store (i32.const 1048580) (local.get $type))
    (i32.store (i32.const 1048584) (local.get $type-length))
    (i32.store (i32.const 1048588) (local.get $body))
    (i32.store (i32.const 1048592) (local.get $body-length))
    (i32.store (i32.const 1048596) (local.get $metadata))
    (i32.store (i32.const 1048600) (local.get $metadata-length))
    (call $ok))
  (func (export "cabi_post_airssys:component/guest@0.1.0#execute") (param i32) (call $free))

  (func (export "airssys:component/guest@0.1.0#shutdown") (result i32) (call $ok))
  (func (export "cabi_post_airssys:component/guest@0.1.0#shutdown") (param i32) (call $free))

  (func (export "airssys:component/guest@0.1.0#metadata") (result i32)
    (i32.store (i32.const 1048576) (i32.const 1048640))
    (i32.store (i32.const 1048580) (i32.const 5))
    (i32.store (i32.const 1048584) (i32.const 1048645))
    (i32.store (i32.const 1048588) (i32.const 5))
    (i32.store (i32.const 1048592) (i32.const 1048650))
    (i32.store (i32.const 1048596) (i32.const 0))
    (i32.const 1048576))
  (func (export "cabi_post_airssys:component/guest@0.1.0#metadata") (param i32) (call $free))

  (func (export "airssys:component/guest@0.1.0#required-capabilities") (result i32)
    (i32.store (i32.const 1048576) (i32.const 1048640))
    (i32.store (i32.const 1048580) (i32.const 0))
    (i32.const 1048576))
  (func (export "cabi_post_airssys:component/guest@0.1.0#required-capabilities") (param i32) (call $free))

  (func (export "airssys:component/guest@0.1.0#health-status") (result i32) (call $ok))
  (func (export "cabi_post_airssys:component/guest@0.1.0#health-status") (param i32) (call $free))

  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))

  (func (export "name-of") (param $name i32) (param $name-length i32) (param $age i32) (result i32)
    (i32.store (i32.const 1048576) (local.get $name))
    (i32.store (i32.const 1048580) (local.get $name-length))
    (i32.const 1048576))
  (func (export "cabi_post_name-of") (param i32) (call $free))

  ;; Never called: it is what makes the imports needed.
  (func $unreachable-write
    (local $stdout i32)
    (call $get-environment (i32.const 1048576))
    (local.set $stdout (call $get-stdout))
    (call $write (local.get $stdout) (i32.const 1048640) (i32.const 5) (i32.const 1048576))
    (call $drop (local.get $stdout))
    (call $exit (i32.const 0)))
;; More functions go here.
)
