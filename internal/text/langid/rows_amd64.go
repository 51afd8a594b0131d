package langid

import "golang.org/x/sys/cpu"

// sumRows adds up n rows of the Latin table, at most 256; sums holds the even columns, then the odd ones.
func sumRows(sums *[latinColumns]uint16, table []uint64, rows []uint32) {
	if !cpu.X86.HasAVX2 || len(rows) == 0 {
		sumRowsGeneric(sums, table, rows)
		return
	}
	sumRowsAVX2(sums, &table[0], &rows[0], len(rows))
}

// sumRowsAVX2 needs n ≥ 1 rows within the table.
//
//go:noescape
func sumRowsAVX2(sums *[latinColumns]uint16, table *uint64, rows *uint32, n int)
