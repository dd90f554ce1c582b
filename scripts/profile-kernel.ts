/**
 * The WebAssembly kernel that counts a block of numbers, as WebAssembly text. `npm run kernel` writes its bytes to
 * `src/monitor/profile/kernel-bytes.ts`. What the memory holds: `src/monitor/profile/kernel-places.ts`.
 *
 * Two values go at once, and no step branches. A value's bin is not looked for: of each threshold it is counted how many values it
 * is not below, and the numbers of bins are the differences of these.
 */
import { FOUND, PLAN, THRESHOLDS, THRESHOLDS_AT_ONCE, TIMES } from '../src/monitor/profile/kernel-places.ts';

const each = (to: number, line: (index: number) => string): string =>
  Array.from({ length: to }, (_, index) => line(index)).join('\n');
const get = (name: string): string => `(local.get $${name})`;
const splat = (offset: number, at = '(i32.const 0)'): string => `(v128.load64_splat offset=${offset} ${at})`;
/** Lanes that are all ones count as −1. */
const tally = (name: string, mask: string): string => `(local.set $${name} (i64x2.sub ${get(name)} ${mask}))`;
const sum = (name: string, value: string): string => `(local.set $${name} (f64x2.add ${get(name)} ${value}))`;
/** Rounds to the power that a rounder is of. */
const rounded = (value: string, rounder: string): string =>
  `(f64x2.sub (f64x2.add ${value} ${get(rounder)}) ${get(rounder)})`;
/** Both lanes as one double. */
const total = (name: string): string =>
  `(f64.add (f64x2.extract_lane 0 ${get(name)}) (f64x2.extract_lane 1 ${get(name)}))`;
const times = (name: string): string =>
  `(f64.convert_i64_s (i64.add (i64x2.extract_lane 0 ${get(name)}) (i64x2.extract_lane 1 ${get(name)})))`;
const found = (place: number, value: string): string =>
  `(f64.store offset=${FOUND + place * 8} (i32.const 0) ${value})`;

const SUMS = ['sum', 'aa', 'ab', 'bb'];
const STEP = `(i32.add ${get('at')} (i32.const 16))`;

export const profileKernel = (): string => `(module
(memory (export "memory") 1)

;; The values from 0 to $end bytes: how many are finite, and far from the first edge; the least, the greatest, and sums of slices.
;; What is not finite becomes NaN, which no threshold counts.
(func (export "sum") (param $end i32)
  (local $at i32) (local $v v128) (local $d v128) (local $a v128) (local $b v128) (local $near v128) (local $finite v128)
  (local $from v128) (local $reach v128) (local $first v128) (local $second v128)
  (local $count v128) (local $far v128) (local $min v128) (local $max v128) ${SUMS.map((name) => `(local $${name} v128)`).join(' ')}
  ${['from', 'reach', 'first', 'second'].map((name, at) => `(local.set $${name} ${splat(PLAN + at * 8)})`).join('\n')}
  (local.set $min (v128.const f64x2 inf inf))
  (local.set $max (v128.const f64x2 -inf -inf))
  (loop $pairs
    (local.set $v (v128.load ${get('at')}))
    (local.set $v (f64x2.add ${get('v')} (f64x2.sub ${get('v')} ${get('v')})))
    (v128.store ${get('at')} ${get('v')})
    (local.set $finite (f64x2.eq ${get('v')} ${get('v')}))
    ${tally('count', get('finite'))}
    (local.set $min (f64x2.pmin ${get('min')} ${get('v')}))
    (local.set $max (f64x2.pmax ${get('max')} ${get('v')}))
    (local.set $d (f64x2.sub ${get('v')} ${get('from')}))
    (local.set $near (f64x2.lt (f64x2.abs ${get('d')}) ${get('reach')}))
    ${tally('far', `(v128.andnot ${get('finite')} ${get('near')})`)}
    (local.set $d (v128.and ${get('d')} ${get('near')}))
    (local.set $a ${rounded(get('d'), 'first')})
    (local.set $b ${rounded(`(f64x2.sub ${get('d')} ${get('a')})`, 'second')})
    ${sum('sum', `(f64x2.add ${get('a')} ${get('b')})`)}
    ${sum('aa', `(f64x2.mul ${get('a')} ${get('a')})`)}
    ${sum('ab', `(f64x2.mul ${get('a')} ${get('b')})`)}
    ${sum('bb', `(f64x2.mul ${get('b')} ${get('b')})`)}
    (br_if $pairs (i32.lt_u (local.tee $at ${STEP}) ${get('end')})))
  ${found(0, times('count'))}
  ${found(1, times('far'))}
  ${found(2, `(f64.min (f64x2.extract_lane 0 ${get('min')}) (f64x2.extract_lane 1 ${get('min')}))`)}
  ${found(3, `(f64.max (f64x2.extract_lane 0 ${get('max')}) (f64x2.extract_lane 1 ${get('max')}))`)}
  ${SUMS.map((name, at) => found(4 + at, total(name))).join('\n')})

;; Of the thresholds up to $last bytes behind the first: how many of the values from 0 to $end are at or below each.
(func (export "rank") (param $end i32) (param $last i32)
  (local $at i32) (local $to i32) (local $v v128) ${each(THRESHOLDS_AT_ONCE, (at) => `(local $t${at} v128) (local $n${at} v128)`)}
  (loop $some
    ${each(THRESHOLDS_AT_ONCE, (at) => `(local.set $t${at} ${splat(THRESHOLDS + at * 8, get('to'))}) (local.set $n${at} (v128.const i64x2 0 0))`)}
    (local.set $at (i32.const 0))
    (loop $pairs
      (local.set $v (v128.load ${get('at')}))
      ${each(THRESHOLDS_AT_ONCE, (at) => tally(`n${at}`, `(f64x2.le ${get('v')} ${get(`t${at}`)})`))}
      (br_if $pairs (i32.lt_u (local.tee $at ${STEP}) ${get('end')})))
    ${each(THRESHOLDS_AT_ONCE, (at) => `(f64.store offset=${TIMES + at * 8} ${get('to')} ${times(`n${at}`)})`)}
    (br_if $some (i32.lt_u (local.tee $to (i32.add ${get('to')} (i32.const ${THRESHOLDS_AT_ONCE * 8}))) ${get('last')}))))
)`;
