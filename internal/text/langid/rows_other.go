//go:build !amd64

package langid

// sumRows adds up n rows of the Latin table, at most 256; sums holds the even columns, then the odd ones.
func sumRows(sums *[latinColumns]uint16, table []uint64, rows []uint32) {
	sumRowsGeneric(sums, table, rows)
}
