package datasets

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/goccy/go-yaml"
)

// Card is what a data set folder says of itself in README.md: the front matter that the Hugging Face hub and the datasets library read, and the
// questions of Datasheets for Datasets (Gebru et al. 2021, arXiv:1803.09010) as far as they are answered. Columns, splits and sizes are filled in by Folder.
type Card struct {
	Name      string
	Summary   string       // one paragraph
	Languages []string     // ISO 639-1
	Licenses  []string     // of the sources, SPDX names where they have one
	Tasks     []string     // the hub's task categories, for example text-generation
	Sources   []CardSource // where the rows come from
	Sections  []CardSection
	Notes     []string // short remarks for "what else to know"

	schema *arrow.Schema
	splits []splitInfo
}

// CardSource is one source of a data set.
type CardSource struct {
	Name, License, Location string
	RowsIn, RowsOut         int64
}

// CardSection answers one of the datasheet's questions; sections under the standard headings are put there, others follow at the end. Body is Markdown.
type CardSection struct {
	Heading, Body string
}

// The datasheet's headings, for CardSection.
const (
	CardMotivation    = "Motivation"
	CardComposition   = "Composition"
	CardCollection    = "Collection process"
	CardPreprocessing = "Preprocessing, cleaning, labelling"
	CardUses          = "Uses"
	CardDistribution  = "Distribution"
	CardMaintenance   = "Maintenance"
)

var cardHeadings = []string{CardMotivation, CardComposition, CardCollection, CardPreprocessing, CardUses, CardDistribution, CardMaintenance}

type splitInfo struct {
	name              string
	rows, bytes, disk int64
}

// sizeCategories are the hub's names for numbers of rows.
var sizeCategories = []struct {
	below int64
	name  string
}{{1e3, "n<1K"}, {1e4, "1K<n<10K"}, {1e5, "10K<n<100K"}, {1e6, "100K<n<1M"}, {1e7, "1M<n<10M"}, {1e8, "10M<n<100M"}, {1e9, "100M<n<1B"}, {1e10, "1B<n<10B"}}

func sizeCategory(rows int64) string {
	for _, c := range sizeCategories {
		if rows < c.below {
			return c.name
		}
	}
	return "n>10B"
}

// hubLicenses maps the SPDX names of common licences to the identifiers that the hub knows.
var hubLicenses = map[string]string{
	"mit": "mit", "apache-2.0": "apache-2.0", "cc-by-4.0": "cc-by-4.0", "cc-by-3.0": "cc-by-3.0", "cc-by-2.0": "cc-by-2.0", "cc-by-sa-4.0": "cc-by-sa-4.0", "cc-by-sa-3.0": "cc-by-sa-3.0",
	"cc-by-nc-4.0": "cc-by-nc-4.0", "cc-by-nc-sa-4.0": "cc-by-nc-sa-4.0", "cc0-1.0": "cc0-1.0", "cc0": "cc0-1.0", "odc-by": "odc-by", "odc-by-1.0": "odc-by", "odbl": "odbl", "bsd-3-clause": "bsd-3-clause",
	"bsd-2-clause": "bsd-2-clause", "gpl-3.0": "gpl-3.0", "lgpl-3.0": "lgpl-3.0", "unlicense": "unlicense", "public domain": "pddl", "pddl": "pddl",
}

// Markdown returns the card.
func (c Card) Markdown() string {
	var b strings.Builder
	b.WriteString("---\n")
	b.WriteString(c.frontMatter())
	b.WriteString("---\n\n")
	fmt.Fprintf(&b, "# %s\n\n", orDefault(c.Name, "Data set"))
	if c.Summary != "" {
		fmt.Fprintf(&b, "%s\n\n", c.Summary)
	}
	if len(c.splits) > 0 {
		b.WriteString("| split | rows | bytes of values | bytes on disk |\n|---|--:|--:|--:|\n")
		for _, s := range c.splits {
			fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", s.name, s.rows, s.bytes, s.disk)
		}
		b.WriteString("\n")
	}
	for _, h := range cardHeadings {
		body := c.sectionBody(h)
		if body == "" {
			body = "Not stated."
		}
		fmt.Fprintf(&b, "## %s\n\n%s\n\n", h, strings.TrimSpace(body))
	}
	for _, s := range c.Sections {
		if !contains(cardHeadings, s.Heading) {
			fmt.Fprintf(&b, "## %s\n\n%s\n\n", s.Heading, strings.TrimSpace(s.Body))
		}
	}
	return b.String()
}

// sectionBody joins what the card knows itself with what it was given under a heading.
func (c Card) sectionBody(heading string) string {
	var parts []string
	switch heading {
	case CardComposition:
		if c.schema != nil {
			parts = append(parts, columnTable(c.schema))
		}
	case CardCollection:
		if len(c.Sources) > 0 {
			parts = append(parts, sourceTable(c.Sources))
		}
	case CardDistribution:
		if len(c.Licenses) > 0 {
			parts = append(parts, "Licences of the sources: "+strings.Join(c.Licenses, ", ")+". The rows keep the licence of the source that they come from (column `source`).")
		}
	case CardUses:
		if len(c.Notes) > 0 {
			parts = append(parts, "- "+strings.Join(c.Notes, "\n- "))
		}
	}
	for _, s := range c.Sections {
		if s.Heading == heading {
			parts = append(parts, strings.TrimSpace(s.Body))
		}
	}
	return strings.Join(parts, "\n\n")
}

func columnTable(schema *arrow.Schema) string {
	var b strings.Builder
	b.WriteString("| column | type |\n|---|---|\n")
	for _, f := range schema.Fields() {
		t := f.Type.String()
		if f.Type.ID() == arrow.LIST {
			t = "list of {role, content}"
		} else if t == "utf8" {
			t = "string"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", cellText(f.Name), t)
	}
	return b.String()
}

func sourceTable(sources []CardSource) string {
	var b strings.Builder
	b.WriteString("| source | licence | location | rows read | rows here |\n|---|---|---|--:|--:|\n")
	for _, s := range sources {
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d |\n", cellText(s.Name), cellText(orDefault(s.License, "not stated")), cellText(s.Location), s.RowsIn, s.RowsOut)
	}
	return b.String()
}

// cellText keeps a text inside its cell of a Markdown table.
func cellText(s string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "\r", " ").Replace(s)
}

// frontMatter returns the card's YAML.
func (c Card) frontMatter() string {
	var m yaml.MapSlice
	add := func(key string, value any) { m = append(m, yaml.MapItem{Key: key, Value: value}) }
	if len(c.Languages) > 0 {
		add("language", c.Languages)
	}
	var known []string
	other := false
	for _, l := range c.Licenses {
		id, ok := hubLicenses[strings.ToLower(strings.TrimSpace(l))]
		if !ok {
			id, other = "other", true
		}
		if !contains(known, id) {
			known = append(known, id)
		}
	}
	if len(known) > 0 {
		add("license", known)
	}
	if other {
		add("license_name", strings.Join(c.Licenses, ", "))
	}
	if c.Name != "" {
		add("pretty_name", c.Name)
	}
	if len(c.Tasks) > 0 {
		add("task_categories", c.Tasks)
	}
	rows := int64(0)
	for _, s := range c.splits {
		rows += s.rows
	}
	add("size_categories", []string{sizeCategory(rows)})
	if len(c.splits) > 0 {
		var files []yaml.MapSlice
		for _, s := range c.splits {
			files = append(files, yaml.MapSlice{{Key: "split", Value: s.name}, {Key: "path", Value: s.name + "-*.parquet"}})
		}
		add("configs", []yaml.MapSlice{{{Key: "config_name", Value: "default"}, {Key: "data_files", Value: files}}})
	}
	if c.schema != nil {
		add("dataset_info", c.datasetInfo())
	}
	out, err := yaml.Marshal(m)
	if err != nil { // strings, numbers and lists of them always have a YAML form
		panic(err)
	}
	return string(out)
}

// datasetInfo describes columns and splits as the datasets library writes them itself.
func (c Card) datasetInfo() yaml.MapSlice {
	var features []yaml.MapSlice
	for _, f := range c.schema.Fields() {
		feature := yaml.MapSlice{{Key: "name", Value: f.Name}}
		switch f.Type.ID() {
		case arrow.LIST:
			item := func(name string) yaml.MapSlice {
				return yaml.MapSlice{{Key: "name", Value: name}, {Key: "dtype", Value: "string"}}
			}
			feature = append(feature, yaml.MapItem{Key: "list", Value: []yaml.MapSlice{item("role"), item("content")}})
		default:
			dtype := map[arrow.Type]string{arrow.STRING: "string", arrow.INT64: "int64", arrow.UINT64: "uint64", arrow.FLOAT64: "float64", arrow.BOOL: "bool"}[f.Type.ID()]
			feature = append(feature, yaml.MapItem{Key: "dtype", Value: dtype})
		}
		features = append(features, feature)
	}
	var splits []yaml.MapSlice
	var disk, size int64
	for _, s := range c.splits {
		splits = append(splits, yaml.MapSlice{{Key: "name", Value: s.name}, {Key: "num_bytes", Value: s.bytes}, {Key: "num_examples", Value: s.rows}})
		disk += s.disk
		size += s.bytes
	}
	return yaml.MapSlice{{Key: "features", Value: features}, {Key: "splits", Value: splits}, {Key: "download_size", Value: disk}, {Key: "dataset_size", Value: size}}
}

// emptyRecord returns a record of schema without rows.
func emptyRecord(schema *arrow.Schema) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	return b.NewRecord()
}
