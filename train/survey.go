package train

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"
)

// survey is what one pass over the data finds before training: that every row can be trained on, how long rows are, which groups they belong
// to, and a digest of everything that a run's result depends on.
type survey struct {
	rows     int
	longest  int   // tokens of the longest row; of a pair, both together
	tokens   int64 // all tokens
	labelled int64 // those that carry loss
	digest   uint64
	columns  []column // every group column, by name
}

// column holds one group column's values, interned.
type column struct {
	name   string
	values []string // in order of first appearance
	of     []int32  // by row: index into values, -1 where the row has no such column
}

// look makes the pass. all is true when labels are ignored (objective pretrain).
func look(data source, vocabulary, positions int, all bool) (*survey, error) {
	s := &survey{rows: data.Len()}
	if s.rows == 0 {
		return nil, fmt.Errorf("the data set is empty: nothing to train on (did a step of the recipe drop every row?)")
	}
	h := xxh3.New()
	columns := map[string]*column{}
	interned := map[string]map[string]int32{}
	for i := range s.rows {
		it, err := data.item(i)
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
		for part, row := range it.parts() {
			if err := row.check(vocabulary, positions); err != nil {
				return nil, fmt.Errorf("row %d%s%s: %w", i, part, called(row.Rows), err)
			}
			n := row.labelled(all)
			if n == 0 {
				return nil, fmt.Errorf("row %d%s%s: no token of it carries loss, it would train nothing: check the label mask and the row's length", i, part, called(row.Rows))
			}
			s.labelled += int64(n)
			s.tokens += int64(len(row.Tokens))
			digestRow(h, row)
		}
		s.longest = max(s.longest, it.tokens())
		for name, value := range it.row.Groups {
			c := columns[name]
			if c == nil {
				c = &column{name: name, of: slices.Repeat([]int32{-1}, s.rows)}
				columns[name], interned[name] = c, map[string]int32{}
			}
			id, ok := interned[name][value]
			if !ok {
				id = int32(len(c.values))
				c.values = append(c.values, value)
				interned[name][value] = id
			}
			c.of[i] = id
		}
	}
	for _, c := range columns {
		s.columns = append(s.columns, *c)
	}
	slices.SortFunc(s.columns, func(a, b column) int { return strings.Compare(a.name, b.name) })
	for _, c := range s.columns {
		_, _ = h.WriteString(c.name)
		for _, v := range c.of {
			if v >= 0 {
				_, _ = h.WriteString(c.values[v])
			}
			_, _ = h.Write([]byte{0})
		}
	}
	s.digest = h.Sum64()
	return s, nil
}

// parts names the rows of an item for messages.
func (it item) parts() func(yield func(string, Sample) bool) {
	return func(yield func(string, Sample) bool) {
		if it.rejected == nil {
			yield("", it.row)
		} else if yield(", chosen", it.row) {
			yield(", rejected", *it.rejected)
		}
	}
}

// called names up to three row ids.
func called(ids []string) string {
	switch {
	case len(ids) == 0:
		return ""
	case len(ids) > 3:
		return fmt.Sprintf(" (%s and %d more)", strings.Join(ids[:3], ", "), len(ids)-3)
	}
	return " (" + strings.Join(ids, ", ") + ")"
}

func digestRow(h *xxh3.Hasher, s Sample) {
	buf := make([]byte, 0, 8*len(s.Tokens)+64)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(len(s.Tokens)))
	for _, t := range s.Tokens {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(t))
	}
	for _, l := range s.Labels {
		if l {
			buf = append(buf, 1)
		} else {
			buf = append(buf, 0)
		}
	}
	for _, v := range s.starts() {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(v))
	}
	buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(s.weight()))
	_, _ = h.Write(buf)
}

// strata cuts the rows into groups by the combinations of the balance columns, with their shares: equal ones, the data's own ("data"), or
// those given by name. No columns make one group.
func (s *survey) strata(by []string, mode string, shares map[string]float64) ([]group, error) {
	if len(by) == 0 {
		all := make([]int, s.rows)
		for i := range all {
			all[i] = i
		}
		return []group{{share: 1, rows: all}}, nil
	}
	cols := make([]*column, len(by))
	for i, name := range by {
		j := slices.IndexFunc(s.columns, func(c column) bool { return c.name == name })
		if j < 0 {
			return nil, fmt.Errorf("balance: no row has a column %q; the columns are %s", name, s.columnNames())
		}
		cols[i] = &s.columns[j]
	}
	index, groups := map[string]int{}, []group{}
	parts := make([]string, len(by))
	for i := range s.rows {
		for j, c := range cols {
			parts[j] = ""
			if v := c.of[i]; v >= 0 {
				parts[j] = c.values[v]
			}
		}
		name := strings.Join(parts, "/")
		g, ok := index[name]
		if !ok {
			g = len(groups)
			index[name] = g
			groups = append(groups, group{name: name})
		}
		groups[g].rows = append(groups[g].rows, i)
	}
	slices.SortFunc(groups, func(a, b group) int { return strings.Compare(a.name, b.name) })
	return groups, setShares(groups, mode, shares, s.rows)
}

func setShares(groups []group, mode string, shares map[string]float64, rows int) error {
	sum := 0.0
	for i := range groups {
		g := &groups[i]
		switch {
		case shares != nil:
			share, ok := shares[g.name]
			if !ok || !(share > 0) || math.IsInf(share, 0) {
				return fmt.Errorf("balance: group %q occurs in the data but has no share above 0; give one, or drop its rows", g.name)
			}
			g.share = share
		case mode == "data":
			g.share = float64(len(g.rows)) / float64(rows)
		default:
			g.share = 1 / float64(len(groups))
		}
		sum += g.share
	}
	for _, name := range slices.Sorted(keys(shares)) {
		if !slices.ContainsFunc(groups, func(g group) bool { return g.name == name }) {
			return fmt.Errorf("balance: a share is given for group %q, which no row belongs to", name)
		}
	}
	for i := range groups {
		groups[i].share /= sum
	}
	return nil
}

func (s *survey) columnNames() string {
	if len(s.columns) == 0 {
		return "none at all"
	}
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}
