// Package clean holds the steps that repair texts rather than judge them: `unicode` (characters), `simplified` (Chinese scripts), `html` (the main content of
// pages), `lines` (menus, notices and other lines that are no content). Start with unicode.go.
package clean
