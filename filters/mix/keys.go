package mix

import (
	"fmt"
	"strings"

	"github.com/zeebo/xxh3"

	"winnow/filters"
	"winnow/internal/spec"
)

// hashText hashes a key for one step.
func hashText(seed uint64, step, key string) uint64 {
	return xxh3.HashStringSeed(key, xxh3.HashStringSeed(step, seed))
}

// unit maps a hash to [0, 1).
func unit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// checkColumn returns an error with the nearest name when a column is not there.
func checkColumn(name string, columns []filters.Column, also ...string) error {
	names := append([]string(nil), also...)
	for _, c := range columns {
		if c.Name == name {
			return nil
		}
		names = append(names, c.Name)
	}
	if near := spec.Nearest(name, names); near != "" {
		return fmt.Errorf("rows have no column %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("rows have no column %q; there are %s", name, strings.Join(names, ", "))
}
