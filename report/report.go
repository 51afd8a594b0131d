// Package report draws a run folder as one HTML page. It reads only the files of the folder, so that anyone else's tool can do the same.
package report

import (
	_ "embed"
	"html/template"
	"io"
	"path/filepath"

	"winnow/internal/atomicfile"
)

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Parse(pageSource))

// Write draws the run in dir as the page at path.
func Write(dir, path string) error {
	data := map[string]any{}
	for _, name := range []string{"manifest", "ledger", "results"} {
		var v any
		if err := atomicfile.ReadJSON(filepath.Join(dir, name+".json"), &v); err == nil {
			data[name] = v
		}
	}
	return atomicfile.Stream(path, func(w io.Writer) error { return page.Execute(w, data) })
}
