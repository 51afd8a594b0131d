// Package datasets brings rows in and out: it finds files, reads every format that curated text comes in, maps what stands there to a few shapes
// (text, messages, preference, labelled, pair), and writes data sets that other tools load.
//
// The way of a row in: Source.Discover finds files and cuts them into shards, Source.Sniff looks at the first rows and fixes a Layout (format,
// encoding, shape, mapping, types), Source.Read delivers a shard as batches in the normal schema (NewSchema). The way out: Folder writes a
// data set folder with a card, ParquetFile one file, SpillWriter intermediate files. Each format is one file here with its documentation in a spec
// (jsonl.go, csv.go, parquet.go, …); to add one, write a file that calls registerFormat.
//
// Start with this file, then read.go. Rows that cannot be read become a BadRow and keep their position, so that nothing is lost silently and no
// row's Ref depends on what another row holds.
package datasets

import (
	"fmt"
	"sort"
	"strings"

	"winnow/internal/spec"
)

// Source is one entry of a recipe's `sources:`: where rows lie and how to read them.
type Source struct {
	Name string // as in the recipe; set by the planner

	Path     []string          `param:"path" required:"true" doc:"files, patterns with * ? [a-z] {a,b} and **, folders; tar archives and .gz, .zst, .bz2 are opened"`
	Format   string            `param:"format" default:"auto" enum:"auto,arrow,csv,html,json,jsonl,markdown,parquet,text,tsv,warc" doc:"format of the files; auto goes by name, then by content"`
	Encoding string            `param:"encoding" default:"auto" doc:"character encoding of text files as an IANA name (utf-8, gb18030, windows-1252, …); auto finds it for each file"`
	Map      map[string]string `param:"map" doc:"our name to their column: prompt, response, system, history, text, label, id, chosen, rejected, source_text, target_text, messages, or any extra column; a dot reaches into nested values"`
	Columns  []string          `param:"columns" doc:"extra columns to keep, by their names; without it all columns with plain values stay. Nested values become JSON text"`
	Types    map[string]string `param:"types" doc:"type of a column where the guess from the first rows is wrong: string, int, float or bool"`
	Shape    string            `param:"shape" default:"auto" enum:"auto,text,messages,preference,labelled,pair" doc:"what a row is; auto goes by the names of the columns"`
	License  string            `param:"license" doc:"licence of the data, for the card and the report"`
	Limit    int64             `param:"limit" default:"0" min:"0" doc:"read only the first rows of the source, in order of path and position; 0 reads all"`
	Members  string            `param:"members" doc:"pattern for the names of files inside archives, for example *.html; without it all files of the archive's first format are read"`

	CSVOptions
	TextOptions
	HTMLOptions

	loose bool // to look at a file: rows without content are fine, and a column `source` is the rows' source
}

// SourceSpec describes the parameters of a source for documentation and the recipe's schema.
var SourceSpec = spec.Spec{
	Name:    "sources",
	Summary: "named inputs: files, folders and archives in any readable format",
	Doc: `Every source names files and says, where names do not speak for themselves, which column is what. Files are taken in the order of their paths.
A path that matches nothing is an error. Files ending in .gz, .zst or .bz2 are decompressed while they are read, tar archives are read file by file.

A row has one of five shapes. Column names of published data sets are recognised: Alpaca (instruction, input, output, history), ShareGPT and chat
messages (conversations, messages), preference pairs (chosen, rejected, prompt; or plain sentences: stereotype, anti, and CrowS-Pairs' sent_more, sent_less), text with label, sentence pairs (two language codes, or source and
target), question and answer, prompt and completion, and plain text. ` + "`map`" + ` overrides that. All other columns with plain values are kept as extra columns
(text, whole numbers, numbers, true/false); one whose name winnow needs itself (id, source, text, …) is kept as original_NAME.

The id of a row is its column ` + "`id`" + `, else the file's name, ` + "`#`" + ` and the row's position in the file, counted from 0. Files larger than 32 MiB are read in
parts; in a later part the name carries ` + "`@`" + ` and the byte where the part begins, and positions count from there.

A row that cannot be read (broken JSON, bytes that are not the encoding's, a number where text belongs to a number column) is quarantined with file,
position and reason; ` + "`max_bad_rows`" + ` says when to stop. A compressed file that ends early or fails its checksum gives the rows before the break and one bad
row for the rest, so with ` + "`max_bad_rows: 0`" + ` it stops the run.`,
	Group:   "sources",
	Short:   "path",
	Example: "pages: {path: pages/**/*.html, text: main}",
	New:     func() any { return new(Source) },
}

// NewSource returns a source with every default set, reading the given paths.
func NewSource(name string, paths ...string) *Source {
	s := new(Source)
	spec.SetDefaults(s)
	s.Name, s.Path = name, paths
	return s
}

// roles are the names that have a meaning in a source's map, in the order in which they are documented.
var roles = []string{rolePrompt, roleResponse, roleSystem, roleInput, roleHistory, ColText, ColLabel, ColID, ColChosen, ColRejected, ColSourceText, ColTargetText, ColMessages}

// Roles of a map that are no columns of the normal schema.
const (
	rolePrompt   = "prompt"
	roleResponse = "response"
	roleSystem   = "system"
	roleInput    = "input" // Alpaca's second part of the prompt
	roleHistory  = "history"
)

func isRole(name string) bool {
	for _, r := range roles {
		if r == name {
			return true
		}
	}
	return false
}

// Check returns every mistake in the parameters that can be seen without reading a file. Each names the parameter that it is about.
func (s *Source) Check() []error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(s.Path) == 0 {
		add("path: a source needs at least one path")
	}
	for _, p := range s.Path {
		if p == "" {
			add("path: an empty path matches nothing")
		} else if err := checkPattern(p); err != nil {
			add("path: %v", err)
		}
	}
	if s.Members != "" {
		if err := checkPattern(s.Members); err != nil {
			add("members: %v", err)
		}
	}
	if f := s.format(); f != "auto" && formats[f] == nil {
		add("format: %q is not known%s", f, didYouMean(f, formatNames()))
	}
	if _, err := encodingByName(s.encoding()); err != nil {
		add("encoding: %v", err)
	}
	for _, column := range sortedKeys(s.Types) {
		if _, ok := kindNames[s.Types[column]]; !ok {
			add("types: %q of column %q is not a type; write string, int, float or bool", s.Types[column], column)
		}
	}
	if shape := s.shape(); shape != "auto" && !validShape(Shape(shape)) {
		add("shape: %q is not known%s", shape, didYouMean(shape, []string{"text", "messages", "preference", "labelled", "pair"}))
	}
	if _, err := shapeOfMap(s.Map, s.shape()); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, s.CSVOptions.check()...)
	errs = append(errs, s.TextOptions.check()...)
	return append(errs, s.HTMLOptions.check()...)
}

func validShape(s Shape) bool {
	switch s {
	case Text, Messages, Preference, Labelled, Pair:
		return true
	}
	return false
}

func (s *Source) format() string   { return orDefault(s.Format, "auto") }
func (s *Source) encoding() string { return orDefault(s.Encoding, "auto") }
func (s *Source) shape() string    { return orDefault(s.Shape, "auto") }

func orDefault(value, other string) string {
	if value == "" {
		return other
	}
	return value
}

// didYouMean returns `; did you mean "x"?` or, when nothing is near, the list of what there is.
func didYouMean(name string, candidates []string) string {
	if near := spec.Nearest(name, candidates); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(candidates) == 0 {
		return ""
	}
	shown := candidates
	more := ""
	if len(shown) > 40 {
		more = fmt.Sprintf(" and %d more", len(shown)-40)
		shown = shown[:40]
	}
	return "; there are: " + strings.Join(shown, ", ") + more
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
