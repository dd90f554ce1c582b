/**
 * The WebAssembly kernel that sieves rows through trees, as WebAssembly text. `npm run kernel` writes its bytes
 * to `src/runtimes/trees/sieve/kernel-bytes.ts`. What the memory holds: `src/runtimes/trees/sieve/memory.ts`.
 *
 * 128 rows go at once, a bit each. Of every threshold the kernel makes the set of rows that are above it; a tree is then two
 * operations on sets a node, whatever its shape. No step branches.
 */
import { ANY, ANY_BYTES, LEAVES, NUMBERS, PLANES, REACH } from '../src/runtimes/trees/sieve/places.ts';

const count = (to: number): readonly number[] => Array.from({ length: to }, (_, index) => index);
const each = (to: number, line: (index: number) => string): string => count(to).map(line).join('\n');
const or = (...terms: readonly string[]): string => terms.reduce((a, b) => `(v128.or ${a} ${b})`);
const m = (index: number): string => `(local.get $m${index})`;

/** A half, a quarter, an eighth of a matrix of 8 × 8 bits, in every byte, changes places with its counterpart. */
const exchange = (a: number, b: number, shift: number, mask: number): string => `
  (local.set $t (v128.and (v128.xor (i64x2.shr_u ${m(a)} (i32.const ${shift})) ${m(b)}) (v128.const i8x16 ${count(16)
    .map(() => mask)
    .join(' ')})))
  (local.set $m${b} (v128.xor ${m(b)} (local.get $t)))
  (local.set $m${a} (v128.xor ${m(a)} (i64x2.shl (local.get $t) (i32.const ${shift}))))`;
const transpose = (): string =>
  [
    [4, 0x0f],
    [2, 0x33],
    [1, 0x55],
  ]
    .flatMap(([step, mask]) =>
      count(8)
        .filter((at) => (at & step) === 0)
        .map((at) => exchange(at, at + step, step, mask)),
    )
    .join('\n');

/** The weight of the leaf that row 8j + k has come to, where `$at` is at j. */
const weightOf = (k: number, scale: number): string =>
  `(i32.add (local.get $weights) (i32.shl (i32.load8_u offset=${NUMBERS + k * 16} (local.get $at)) (i32.const ${scale})))`;
const addFour = (k: number): string => `
  (v128.store offset=${k * 4} (local.get $out) (f32x4.add (v128.load offset=${k * 4} (local.get $out))
    (v128.load32_lane 3 ${weightOf(k + 3, 2)} (v128.load32_lane 2 ${weightOf(k + 2, 2)}
      (v128.load32_lane 1 ${weightOf(k + 1, 2)} (v128.load32_zero ${weightOf(k, 2)}))))))`;
const addTwo = (k: number): string => `
  (v128.store offset=${k * 8} (local.get $out) (f64x2.add (v128.load offset=${k * 8} (local.get $out))
    (v128.load64_lane 1 ${weightOf(k + 1, 3)} (v128.load64_zero ${weightOf(k, 3)}))))`;
const sums = (label: string, bytes: number, add: string): string => `
  (local.set $at (i32.const 0))
  (loop $${label}
    ${add}
    (local.set $out (i32.add (local.get $out) (i32.const ${bytes * 8})))
    (br_if $${label} (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 16))))`;

/** Two rows' values, and where the search for them begins. */
const pairOf = (pair: number): string => {
  const start = (lane: number): string =>
    `(i32.load (i32.add (local.get $starts) (i32.shl (i32x4.extract_lane ${lane} (local.get $v)) (i32.const 2))))`;
  return `
  (if (local.get $single)
    (then (local.set $v (f64x2.promote_low_f32x4 (v128.load32_lane 1 (i32.add (local.get $at) (local.get $stride)) (v128.load32_zero (local.get $at))))))
    (else (local.set $v (v128.load64_lane 1 (i32.add (local.get $at) (local.get $stride)) (v128.load64_zero (local.get $at))))))
  (local.set $at (i32.add (local.get $at) (i32.shl (local.get $stride) (i32.const 1))))
  (local.set $v (f64x2.mul (local.get $v) (local.get $sign)))
  (local.set $x${pair * 2} (f64x2.extract_lane 0 (local.get $v)))
  (local.set $x${pair * 2 + 1} (f64x2.extract_lane 1 (local.get $v)))
  (local.set $v (f64x2.add (v128.const f64x2 0x1p52 0x1p52) (f64x2.pmax ${ZERO} (f64x2.pmin (local.get $top)
    (f64x2.mul (f64x2.sub (local.get $v) (local.get $low)) (local.get $scale))))))
  (local.set $r${pair * 2} ${start(0)})
  (local.set $r${pair * 2 + 1} ${start(2)})`;
};
/** Half of what is left is passed unless x <= its last threshold; NaN passes all. */
const halve = (lane: number): string => `
  (local.set $r${lane} (i32.add (local.get $r${lane}) (i32.and (local.get $h) (i32.sub (i32.const 0)
    (i32.eqz (f64.le (local.get $x${lane}) (f64.load (i32.add (local.get $r${lane}) (local.get $h)))))))))`;
/** The row is above the thresholds before the one that it has come to. */
const mark = (lane: number): string => `
  (i32.store8 (local.tee $r${lane} (i32.add (local.get $to) (i32.shl (local.get $r${lane}) (i32.const 1))))
    (i32.or (i32.load8_u (local.get $r${lane})) (i32.const ${1 << lane})))`;

const ZERO = '(v128.const i64x2 0 0)';

export const sieveKernel = (): string => `(module
(import "millrace" "memory" (memory 1))

;; Of sets by their numbers, eight by eight to $end: the sets of rows whose number has bit 0, 1, 2 go to $planes; those that are in any of
;; the eight go to $to, and eight empty ones behind them.
(func $encode (param $from i32) (param $end i32) (param $to i32) (param $planes i32)
  (local $p0 v128) (local $p1 v128) (local $p2 v128) ${each(8, (at) => `(local $m${at} v128)`)}
  (loop $eights
    ${each(8, (at) => `(local.set $m${at} (v128.load offset=${at * 16} (local.get $from)))`)}
    (local.set $p0 (v128.or (local.get $p0) ${or(m(1), m(3), m(5), m(7))}))
    (local.set $m2 ${or(m(2), m(3))})
    (local.set $m6 ${or(m(6), m(7))})
    (local.set $m4 ${or(m(4), m(5), m(6))})
    (local.set $p1 (v128.or (local.get $p1) ${or(m(2), m(6))}))
    (local.set $p2 (v128.or (local.get $p2) ${m(4)}))
    (v128.store (local.get $to) ${or(m(0), m(1), m(2), m(4))})
    (local.set $to (i32.add (local.get $to) (i32.const 16)))
    (br_if $eights (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 128))) (local.get $end))))
  ${each(8, (at) => `(v128.store offset=${at * 16} (local.get $to) ${ZERO})`)}
  ${each(3, (at) => `(v128.store offset=${at * 16} (local.get $planes) (local.get $p${at}))`)})

;; Of every slot's thresholds the rows above them. For each value: a bucket, where the search begins, and halvings.
(func (export "rank") (param $slot i32) (param $last i32)
  (local $low v128) (local $scale v128) (local $top v128) (local $sign v128) (local $v v128) (local $starts i32) (local $half i32)
  (local $h i32) (local $at i32) (local $stride i32) (local $single i32) (local $to i32) (local $end i32)
  ${each(8, (at) => `(local $x${at} f64) (local $r${at} i32)`)}
  (loop $slots
    (local.set $low (v128.load64_splat (local.get $slot)))
    (local.set $scale (v128.load64_splat offset=8 (local.get $slot)))
    (local.set $top (v128.load64_splat offset=16 (local.get $slot)))
    (local.set $sign (v128.load64_splat offset=24 (local.get $slot)))
    (local.set $at (i32.load offset=32 (local.get $slot)))
    (local.set $stride (i32.load offset=36 (local.get $slot)))
    (local.set $single (i32.load offset=40 (local.get $slot)))
    (local.set $starts (i32.load offset=44 (local.get $slot)))
    (local.set $to (i32.load offset=48 (local.get $slot)))
    (local.set $half (i32.load offset=52 (local.get $slot)))
    (memory.fill (i32.load offset=56 (local.get $slot)) (i32.const 0) (i32.load offset=60 (local.get $slot)))
    (local.set $end (i32.add (local.get $to) (i32.const 16)))
    (loop $eights
      ${each(4, pairOf)}
      (local.set $h (local.get $half))
      (loop $halve
        ${each(8, halve)}
        (br_if $halve (i32.gt_u (local.tee $h (i32.shr_u (local.get $h) (i32.const 1))) (i32.const 4))))
      ${each(8, mark)}
      (br_if $eights (i32.lt_s (local.tee $to (i32.add (local.get $to) (i32.const 1))) (local.get $end))))
    (local.set $v (v128.const i64x2 -1 -1))
    (local.set $at (i32.load offset=56 (local.get $slot)))
    (local.set $end (i32.add (local.get $at) (i32.load offset=60 (local.get $slot))))
    (loop $masks
      (v128.store (local.get $at) (local.tee $v (v128.andnot (local.get $v) (v128.load (local.get $at)))))
      (br_if $masks (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))
    (br_if $slots (i32.lt_u (local.tee $slot (i32.add (local.get $slot) (i32.const 64))) (local.get $last)))))

;; The rows through every tree from $tree to $last, and what they come to into their sums: of float32, or of float64.
(func (export "sieve") (param $tree i32) (param $last i32) (param $node i32) (param $sums i32) (param $single i32)
  (local $end i32) (local $at i32) (local $eights i32) (local $to i32) (local $weights i32) (local $out i32) (local $r v128) (local $v v128) (local $t v128)
  ${each(8, (at) => `(local $m${at} v128)`)}
  (loop $trees
    (local.set $end (i32.add (local.get $node) (i32.load (local.get $tree))))
    (local.set $eights (i32.load offset=4 (local.get $tree)))
    (local.set $weights (i32.load offset=8 (local.get $tree)))
    (local.set $out (i32.add (local.get $sums) (i32.load offset=12 (local.get $tree))))
    (local.set $at (i32.shl (local.get $eights) (i32.const 7)))
    ${each(8, (at) => `(v128.store offset=${LEAVES - 128 + at * 16} (local.get $at) ${ZERO})`)}
    (local.set $at (i32.const ${REACH}))
    (loop $nodes
      (local.set $r (v128.load (local.get $at)))
      (local.set $v (v128.load (i32.load (local.get $node))))
      (v128.store (i32.load16_u offset=4 (local.get $node)) (v128.andnot (local.get $r) (local.get $v)))
      (v128.store (i32.load16_u offset=6 (local.get $node)) (v128.and (local.get $r) (local.get $v)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $nodes (i32.lt_u (local.tee $node (i32.add (local.get $node) (i32.const 8))) (local.get $end))))
    ${each(6, (at) => `(v128.store offset=${PLANES + 48 + at * 16} (i32.const 0) ${ZERO})`)}
    (local.set $at (i32.const ${LEAVES}))
    (local.set $to (i32.const ${PLANES}))
    (local.set $end (i32.const ${ANY}))
    (loop $levels
      (call $encode (local.get $at) (i32.add (local.get $at) (i32.shl (local.get $eights) (i32.const 7))) (local.get $end) (local.get $to))
      (local.set $at (local.get $end))
      (local.set $end (i32.add (local.get $end) (i32.const ${ANY_BYTES})))
      (local.set $to (i32.add (local.get $to) (i32.const 48)))
      (if (i32.gt_u (local.get $eights) (i32.const 1)) (then
        (local.set $eights (i32.shr_u (i32.add (local.get $eights) (i32.const 7)) (i32.const 3)))
        (br $levels))))
    ${each(8, (at) => `(local.set $m${at} (v128.load offset=${PLANES + at * 16} (i32.const 0)))`)}
    ${transpose()}
    ${each(8, (at) => `(v128.store offset=${NUMBERS + at * 16} (i32.const 0) ${m(at)})`)}
    (if (local.get $single)
      (then ${sums('singles', 4, [0, 4].map(addFour).join('\n'))})
      (else ${sums('doubles', 8, [0, 2, 4, 6].map(addTwo).join('\n'))}))
    (br_if $trees (i32.lt_u (local.tee $tree (i32.add (local.get $tree) (i32.const 16))) (local.get $last)))))

;; Sums of float32, and how they are told: as float64.
(func (export "promote") (param $from i32) (param $end i32) (param $to i32)
  (loop $pairs
    (v128.store (local.get $to) (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $from))))
    (local.set $to (i32.add (local.get $to) (i32.const 16)))
    (br_if $pairs (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 8))) (local.get $end)))))
)`;
