/**
 * The WebAssembly kernel that walks trees, as WebAssembly text. `npm run kernel` writes its bytes to
 * `src/runtimes/trees/kernel-bytes.ts`. What the memory holds: `src/runtimes/trees/table.ts`.
 *
 * Eight walks go at once, as each step of one waits for its own loads: eight rows down one tree (`batch`), or one row down
 * eight trees (`row`). No step branches. A leaf leads to itself, so every walk may go as far as the deepest.
 */
const LANES = [0, 1, 2, 3, 4, 5, 6, 7];
const lanes = (line: (lane: number) => string): string => LANES.map(line).join('\n');
const locals = lanes((lane) => `(local $n${lane} i32)`);

/** Where the tested value of a walk lies: its row's place and the slot's offset. In a batch, lane n is row n of a block. */
const value = (lane: number, place: number): string =>
  `offset=${place} (i32.add (local.get $row) (i32.load offset=8 (local.get $n${lane})))`;

/** next + 16, unless x <= threshold; NaN, on either side, goes to next + 16. */
const step = (lane: number, place: number): string => `
  (local.set $n${lane} (i32.add (i32.load offset=12 (local.get $n${lane}))
    (i32.shl (i32.eqz (f64.le (f64.load ${value(lane, place)}) (f64.load (local.get $n${lane})))) (i32.const 4))))`;

/** The same in a tree that also has tests of sets: bit 0 of the slot's offset says that the threshold is 64 bits. */
const stepOfSets = (lane: number, place: number): string => `
  (local.set $slot (i32.load offset=8 (local.get $n${lane})))
  (local.set $at (i32.add (local.get $row) (i32.and (local.get $slot) (i32.const -2))))
  (local.set $n${lane} (i32.add (i32.load offset=12 (local.get $n${lane})) (i32.shl (select
    (i32.eqz (i32.and (i32.wrap_i64 (i64.shr_u (i64.load (local.get $n${lane})) (i64.load offset=${place} (local.get $at)))) (i32.const 1)))
    (i32.eqz (f64.le (f64.load offset=${place} (local.get $at)) (f64.load (local.get $n${lane}))))
    (i32.and (local.get $slot) (i32.const 1))) (i32.const 4))))`;

/** All eight walks, `depth` steps each. */
const walk = (label: string, placeOf: (lane: number) => number, one: typeof step): string => `
  (local.set $left (local.get $depth))
  (block $${label}_end (loop $${label}
    (br_if $${label}_end (i32.eqz (local.get $left)))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    ${lanes((lane) => one(lane, placeOf(lane)))}
    (br $${label})))`;
const walks = (placeOf: (lane: number) => number): string => `
  (if (local.get $sets) (then ${walk('of_sets', placeOf, stepOfSets)}) (else ${walk('plain', placeOf, step)}))`;

const sum = (out: string, node: string, single: boolean, place = 0): string => {
  const added = `(f64.add (f64.load offset=${place} ${out}) (f64.load ${node}))`;
  // The sum of two float32 in float64, rounded once more, is their float32 sum.
  return `(f64.store offset=${place} ${out} ${single ? `(f64.promote_f32 (f32.demote_f64 ${added}))` : added})`;
};

export const treesKernel = (): string => `(module
(import "millrace" "memory" (memory 1))

;; What the leaf has for its targets joins their sums. mode: 0 float32 sum, 1 float64 sum, 2 least, 3 greatest.
(func $leaf (param $out i32) (param $node i32) (param $mode i32) (param $width i32) (param $stride i32)
  (local $w f64) (local $s f64)
  (if (i32.gt_u (local.get $width) (i32.const 1))
    (then (local.set $node (i32.trunc_f64_u (f64.load (local.get $node))))))
  (loop $next
    (local.set $w (f64.load (local.get $node)))
    (local.set $s (f64.load (local.get $out)))
    (if (i32.eqz (local.get $mode))
      (then (local.set $s (f64.promote_f32 (f32.demote_f64 (f64.add (local.get $s) (local.get $w))))))
      (else (if (i32.eq (local.get $mode) (i32.const 1))
        (then (local.set $s (f64.add (local.get $s) (local.get $w))))
        (else (if (i32.eq (local.get $mode) (i32.const 2))
          (then (local.set $s (select (local.get $w) (local.get $s) (f64.lt (local.get $w) (local.get $s)))))
          (else (local.set $s (select (local.get $w) (local.get $s) (f64.gt (local.get $w) (local.get $s))))))))))
    (f64.store (local.get $out) (local.get $s))
    (local.set $node (i32.add (local.get $node) (i32.const 8)))
    (local.set $out (i32.add (local.get $out) (local.get $stride)))
    (br_if $next (local.tee $width (i32.sub (local.get $width) (i32.const 1))))))

;; Blocks of eight rows from $rows to $end down every tree from $tree to $last.
(func (export "batch") (param $tree i32) (param $last i32) (param $rows i32) (param $end i32) (param $block i32)
  (param $sums i32) (param $mode i32) (param $width i32) (param $stride i32)
  (local $root i32) (local $depth i32) (local $sets i32) (local $left i32) (local $row i32) (local $out i32)
  (local $slot i32) (local $at i32) ${locals}
  (loop $trees
    (local.set $root (i32.load (local.get $tree)))
    (local.set $depth (i32.load offset=4 (local.get $tree)))
    (local.set $out (i32.add (local.get $sums) (i32.load offset=8 (local.get $tree))))
    (local.set $sets (i32.load offset=12 (local.get $tree)))
    (local.set $row (local.get $rows))
    (loop $blocks
      ${lanes((lane) => `(local.set $n${lane} (local.get $root))`)}
      ${walks((lane) => lane * 8)}
      (if (i32.or (i32.gt_u (local.get $width) (i32.const 1)) (i32.gt_u (local.get $mode) (i32.const 1)))
        (then ${lanes((lane) => `(call $leaf (i32.add (local.get $out) (i32.const ${lane * 8})) (local.get $n${lane}) (local.get $mode) (local.get $width) (local.get $stride))`)})
        (else (if (local.get $mode)
          (then ${lanes((lane) => sum('(local.get $out)', `(local.get $n${lane})`, false, lane * 8))})
          (else ${lanes((lane) => sum('(local.get $out)', `(local.get $n${lane})`, true, lane * 8))}))))
      (local.set $out (i32.add (local.get $out) (i32.const 64)))
      (br_if $blocks (i32.lt_u (local.tee $row (i32.add (local.get $row) (local.get $block))) (local.get $end))))
    (br_if $trees (i32.lt_u (local.tee $tree (i32.add (local.get $tree) (i32.const 16))) (local.get $last)))))

;; One row down every group of eight trees from $group to $last: the leaves that it comes to are written down.
(func $row (export "row") (param $group i32) (param $last i32) (param $row i32)
  (local $depth i32) (local $sets i32) (local $left i32) (local $slot i32) (local $at i32) ${locals}
  (loop $groups
    (local.set $depth (i32.load offset=64 (local.get $group)))
    (local.set $sets (i32.load offset=68 (local.get $group)))
    ${lanes((lane) => `(local.set $n${lane} (i32.load offset=${lane * 4} (local.get $group)))`)}
    ${walks(() => 0)}
    ${lanes((lane) => `(i32.store (i32.load offset=${32 + lane * 4} (local.get $group)) (local.get $n${lane}))`)}
    (br_if $groups (i32.lt_u (local.tee $group (i32.add (local.get $group) (i32.const 72))) (local.get $last)))))

;; Those leaves, tree by tree in the order of the file, into the sums.
(func (export "gather") (param $tree i32) (param $last i32) (param $leaf i32)
  (param $sums i32) (param $mode i32) (param $width i32) (param $stride i32)
  (local $out i32) (local $node i32)
  (loop $trees
    (local.set $out (i32.add (local.get $sums) (i32.load offset=8 (local.get $tree))))
    (local.set $node (i32.load (local.get $leaf)))
    (if (i32.or (i32.gt_u (local.get $width) (i32.const 1)) (local.get $mode))
      (then (call $leaf (local.get $out) (local.get $node) (local.get $mode) (local.get $width) (local.get $stride)))
      (else ${sum('(local.get $out)', '(local.get $node)', true)}))
    (local.set $leaf (i32.add (local.get $leaf) (i32.const 4)))
    (br_if $trees (i32.lt_u (local.tee $tree (i32.add (local.get $tree) (i32.const 16))) (local.get $last)))))
)`;
