// Package report draws a run folder as one HTML page. It reads only the folder's files, so that anyone else's tool can do the same, and the page asks for
// nothing outside itself. The same files give the same bytes.
//
// Start with Write below; files.go says what is read, page.go puts the sections together. Each section has a file that prepares it (summary.go, flow.go,
// steps.go, groups.go, bias.go, training.go, results.go, provenance.go) and a template of the same name; charts are drawn by histogram.go, lines.go and
// intervals.go with the escaping writer of markup.go.
package report

import (
	"bytes"
	"fmt"
	"io"

	"winnow/internal/atomicfile"
)

// maxPage is the size that the page stays under: what opens at once on a telephone and passes as an attachment.
const maxPage = 1_900_000

// detail says how many examples the page shows and how long they are.
type detail struct {
	examples   int // rows for each reason
	characters int // of a row
	reasons    int // reasons of a step that are listed; the rest are summed up
	languages  int // languages that get a histogram of their own for each score
}

// details begins with everything the ledger remembers; a page that grows too large is drawn again with the next.
var details = []detail{{6, 260, 60, 6}, {3, 200, 40, 6}, {1, 120, 20, 4}, {0, 0, 5, 2}}

// Write draws the run in dir as the page at path. The page appears whole or not at all.
func Write(dir, path string) error {
	run, err := Load(dir)
	if err != nil {
		return err
	}
	page, err := Draw(run)
	if err != nil {
		return err
	}
	return atomicfile.Stream(path, func(w io.Writer) error {
		_, err := w.Write(page)
		return err
	})
}

// Draw returns the page of a run, with as many examples as fit under 2 MB.
func Draw(run *Run) ([]byte, error) {
	var b bytes.Buffer
	for _, d := range details {
		b.Reset()
		if err := pages.ExecuteTemplate(&b, "page", newPage(run, d)); err != nil {
			return nil, fmt.Errorf("report: %w; this is a fault in winnow, please report it", err)
		}
		if b.Len() <= maxPage {
			break
		}
	}
	return b.Bytes(), nil
}
