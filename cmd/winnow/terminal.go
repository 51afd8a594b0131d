package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/mattn/go-isatty"

	_ "winnow/filters/all" // every step registers itself
)

func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) }

// printJSON writes v as one line on stdout.
func printJSON(v any) error {
	enc := json.NewEncoder(os.Stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// bytesText shows a number of bytes.
func bytesText(n int64) string {
	x, i := float64(n), 0
	units := []string{"B", "kB", "MB", "GB", "TB"}
	for x >= 1000 && i < len(units)-1 {
		x /= 1000
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", x, units[i])
}
