package train

import (
	"cmp"
	"math"
	"slices"
)

// order yields data indices for ever: epochs over all rows, or over each group's rows so that every window of steps holds its quota of each
// group. The sequence depends on the seed and the data only; position n is reached by taking n.
type order struct {
	seed       uint64
	sequential bool
	groups     []group
	window     int // rows of a window
	windows    int // windows laid out so far
	queue      []int
	taken      int
}

// group is one stratum of the data with its own epochs. An unbalanced order is a single group.
type group struct {
	name   string
	share  float64
	rows   []int // data indices, ascending
	epoch  int
	left   []int // this epoch's rows not yet taken
	passed int   // rows taken so far
}

// newOrder makes an order over groups whose shares add up to 1; window is in rows.
func newOrder(seed uint64, groups []group, window int, sequential bool) *order {
	return &order{seed: seed, groups: groups, window: window, sequential: sequential}
}

// take returns the next n indices.
func (o *order) take(n int) []int {
	out := make([]int, 0, n)
	for len(out) < n {
		if len(o.queue) == 0 {
			o.queue = o.layOut()
		}
		k := min(n-len(out), len(o.queue))
		out = append(out, o.queue[:k]...)
		o.queue = o.queue[k:]
	}
	o.taken += n
	return out
}

// layOut fills one window: counts by quota, then each group's rows spread evenly over it.
func (o *order) layOut() []int {
	type slot struct {
		at   float64
		tie  uint64
		rows int // index of the group
	}
	slots := make([]slot, 0, o.window)
	for g, count := range o.counts() {
		tie := hash(o.seed, "window", o.windows, g)
		for j := range count {
			slots = append(slots, slot{at: (float64(j) + 0.5) / float64(count), tie: tie, rows: g})
		}
	}
	slices.SortStableFunc(slots, func(a, b slot) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.tie, b.tie)) })
	o.windows++
	out := make([]int, len(slots))
	for i, s := range slots {
		out[i] = o.groups[s.rows].next(o.seed, o.sequential)
	}
	return out
}

// counts apportions a window's rows: each group gets its quota rounded down or up, and what rounding leaves over goes to the groups that are
// furthest behind their share of the whole run. So every window is within one row of each quota, and the run's shares converge to them.
func (o *order) counts() []int {
	counts := make([]int, len(o.groups))
	behind := make([]int, 0, len(o.groups)) // groups whose quota is not a whole number
	left := o.window
	for g := range o.groups {
		quota := o.groups[g].share * float64(o.window)
		counts[g] = int(math.Floor(quota + 1e-9))
		left -= counts[g]
		if quota-float64(counts[g]) > 1e-9 {
			behind = append(behind, g)
		}
	}
	total := float64((o.windows + 1) * o.window)
	deficit := func(g int) float64 { return o.groups[g].share*total - float64(o.groups[g].passed+counts[g]) }
	slices.SortStableFunc(behind, func(a, b int) int { return cmp.Compare(deficit(b), deficit(a)) })
	for _, g := range behind[:min(max(left, 0), len(behind))] {
		counts[g]++
	}
	return counts
}

// next takes the group's next row, beginning another epoch, reshuffled, when all were taken.
func (g *group) next(seed uint64, sequential bool) int {
	if len(g.left) == 0 {
		g.left = slices.Clone(g.rows)
		if !sequential {
			shuffle(g.left, seed, g.epoch)
		}
		g.epoch++
	}
	row := g.left[0]
	g.left = g.left[1:]
	g.passed++
	return row
}

// shuffle orders indices by their hash in this epoch.
func shuffle(rows []int, seed uint64, epoch int) {
	type keyed struct {
		key uint64
		row int
	}
	keys := make([]keyed, len(rows))
	for i, r := range rows {
		keys[i] = keyed{hash(seed, "epoch", epoch, r), r}
	}
	slices.SortFunc(keys, func(a, b keyed) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.row, b.row)) })
	for i, k := range keys {
		rows[i] = k.row
	}
}
