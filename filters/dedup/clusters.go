package dedup

import (
	"cmp"
	"slices"

	"winnow/datasets"
	"winnow/filters"
)

// pair is two rows that may be copies, a before b.
type pair struct{ a, b datasets.Ref }

func comparePairs(x, y pair) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) }

// pairSet collects candidates. A pair comes once for each band that it shares, so the set is made unique whenever it has doubled.
type pairSet struct {
	list   []pair
	unique int
}

func (s *pairSet) add(a, b datasets.Ref) {
	if a == b {
		return
	}
	s.list = append(s.list, pair{min(a, b), max(a, b)})
	if len(s.list) >= 1<<16 && len(s.list) >= 2*s.unique {
		s.compact()
	}
}

func (s *pairSet) compact() {
	slices.SortFunc(s.list, comparePairs)
	s.list = slices.Compact(s.list)
	s.unique = len(s.list)
}

// pairs returns the different pairs, sorted, with each row replaced by the one that stays in its place.
func (s *pairSet) pairs(keeper func(datasets.Ref) datasets.Ref) []pair {
	s.compact()
	out := make([]pair, 0, len(s.list))
	for _, p := range s.list {
		a, b := keeper(p.a), keeper(p.b)
		if a != b {
			out = append(out, pair{min(a, b), max(a, b)})
		}
	}
	slices.SortFunc(out, comparePairs)
	return slices.Compact(out)
}

// clusters unites rows that are copies of each other (union-find) and picks who stays.
type clusters struct {
	limit   float64
	longest bool
	parent  map[datasets.Ref]datasets.Ref // of rows in a cluster; roots point to themselves and are the rows that stay
	ids     map[datasets.Ref]string
	length  map[datasets.Ref]uint64
	same    map[datasets.Ref]bool    // rows dropped as exact copies
	best    map[datasets.Ref]float64 // largest similarity of a row to a candidate
	pairs   int
	alike   int
}

func newClusters(limit float64, longest bool) *clusters {
	return &clusters{limit: limit, longest: longest, parent: map[datasets.Ref]datasets.Ref{}, ids: map[datasets.Ref]string{}, length: map[datasets.Ref]uint64{},
		same: map[datasets.Ref]bool{}, best: map[datasets.Ref]float64{}}
}

// keeper returns the row that stays in the place of r.
func (c *clusters) keeper(r datasets.Ref) datasets.Ref {
	root := r
	for {
		p, ok := c.parent[root]
		if !ok || p == root {
			break
		}
		root = p
	}
	for r != root {
		next := c.parent[r]
		c.parent[r] = root
		r = next
	}
	return root
}

// exact says that copied has the text of kept.
func (c *clusters) exact(kept, copied datasets.Ref, keptID string) {
	c.parent[kept], c.parent[copied] = kept, kept
	c.same[copied] = true
	c.ids[kept] = keptID
}

// near says that two rows are near copies.
func (c *clusters) near(a, b datasets.Ref) {
	a, b = c.keeper(a), c.keeper(b)
	if a == b {
		return
	}
	if c.longest && c.length[b] > c.length[a] || (!c.longest || c.length[a] == c.length[b]) && b < a {
		a, b = b, a
	}
	c.parent[a], c.parent[b] = a, a
	c.alike++
}

// Findings are the figures of a deduplication.
type Findings struct {
	Exact      int     `json:"exact"`      // rows dropped as exact copies
	Near       int     `json:"near"`       // rows dropped as near copies
	Clusters   int     `json:"clusters"`   // groups of copies
	Largest    int     `json:"largest"`    // rows of the largest group
	Candidates int     `json:"candidates"` // pairs that were compared
	Threshold  float64 `json:"threshold,omitempty"`
}

// verdict is what happens to one row.
type verdict struct {
	row, kept  datasets.Ref
	similarity float64 // 0: not known
	exact      bool
}

func (c *clusters) conclude() filters.Conclusion {
	f := Findings{Candidates: c.pairs, Threshold: c.limit}
	size := map[datasets.Ref]int{}
	s := &dropCopies{ids: map[datasets.Ref]string{}}
	for r := range c.parent {
		root := c.keeper(r)
		size[root]++
		if r == root {
			continue
		}
		v := verdict{row: r, kept: root, exact: c.same[r], similarity: c.best[r]}
		if v.exact {
			f.Exact++
			v.similarity = 1
		} else {
			f.Near++
		}
		s.verdicts = append(s.verdicts, v)
		s.ids[root] = c.ids[root]
	}
	for r, x := range c.best {
		if _, in := c.parent[r]; !in || c.keeper(r) == r {
			s.verdicts = append(s.verdicts, verdict{row: r, kept: r, similarity: x})
		}
	}
	slices.SortFunc(s.verdicts, func(x, y verdict) int { return cmp.Compare(x.row, y.row) })
	for _, n := range size {
		f.Clusters++
		f.Largest = max(f.Largest, n)
	}
	return filters.Conclusion{Next: s, Findings: f}
}

// dropCopies is the step that a deduplication ends in.
type dropCopies struct {
	verdicts []verdict // sorted by row
	ids      map[datasets.Ref]string
}

// Apply drops a row that another one stands for, and writes the similarity of a row that was compared.
func (s *dropCopies) Apply(row *filters.Row) error {
	i, ok := slices.BinarySearchFunc(s.verdicts, row.Ref, func(v verdict, r datasets.Ref) int { return cmp.Compare(v.row, r) })
	if !ok {
		return nil
	}
	v := s.verdicts[i]
	if v.kept == v.row {
		row.SetFloat(ColSimilarity, v.similarity)
		return nil
	}
	row.SetString(ColDuplicateOf, s.ids[v.kept])
	if v.similarity > 0 {
		row.Score(ColSimilarity, v.similarity)
	}
	if v.exact {
		row.Drop("exact copy")
	} else {
		row.Drop("near copy")
	}
	return nil
}
