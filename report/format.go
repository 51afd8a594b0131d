package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Numbers are written the same way everywhere: thousands with a comma, four figures at most for measures, a minus sign (−) and not a hyphen.

func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// percent writes a share; what is not zero never reads as 0 %, and what is not all never as 100 %.
func percent(x float64) string {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return "–"
	case x == 0:
		return "0%"
	case x > 0 && x < 0.001:
		return "<0.1%"
	case x > 0.999 && x < 1:
		return ">99.9%"
	case x == 1:
		return "100%"
	}
	return minus(strconv.FormatFloat(100*x, 'f', 1, 64)) + "%"
}

func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// figure writes a measure with four significant figures.
func figure(x float64) string {
	switch a := math.Abs(x); {
	case math.IsNaN(x):
		return "–"
	case a >= math.MaxFloat64/2: // JSON knows no infinity; winnow writes the largest number for it
		return strings.Repeat("−", btoi(x < 0)) + "∞"
	case x == 0:
		return "0"
	case a >= 1e9 || a < 1e-4:
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'e', 2, 64), "e")
		n, _ := strconv.Atoi(exponent)
		return minus(mantissa) + " × 10" + superscript(n)
	case a >= 1000:
		return count(int64(math.Round(x)))
	default:
		return minus(strconv.FormatFloat(x, 'f', max(0, 3-int(math.Floor(math.Log10(a)))), 64))
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// glance writes a measure for a large figure: never with an exponent where five decimals say it.
func glance(x float64) string {
	if a := math.Abs(x); a > 0 && a < 0.001 {
		return minus(strconv.FormatFloat(x, 'f', 5, 64))
	}
	return figure(x)
}

// signed writes a difference.
func signed(x float64) string {
	if x > 0 {
		return "+" + figure(x)
	}
	return figure(x)
}

func signedPercent(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	s := minus(strconv.FormatFloat(100*x, 'f', 1, 64)) + "%"
	if x > 0 {
		return "+" + s
	}
	return s
}

func minus(s string) string { return strings.Replace(s, "-", "−", 1) }

func superscript(n int) string {
	var b strings.Builder
	for _, r := range strconv.Itoa(n) {
		if r == '-' {
			b.WriteRune('⁻')
		} else {
			b.WriteRune([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[r-'0'])
		}
	}
	return b.String()
}

func bytesText(n float64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	i := 0
	for n >= 1000 && i < len(units)-1 {
		n /= 1000
		i++
	}
	if i == 0 {
		return strconv.FormatFloat(math.Abs(n), 'f', 0, 64) + " B"
	}
	return three(n) + " " + units[i]
}

// three writes a positive number below 1000 with three figures.
func three(x float64) string {
	switch {
	case x >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}

// short writes a number for an axis or a figure that is read at a glance: 1.2 k, 3.4 M.
func short(x float64) string {
	a := math.Abs(x)
	for _, u := range []struct {
		size float64
		name string
	}{{1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if a >= u.size {
			if u.size == 1e4 {
				u.size = 1e3
			}
			return minus(strconv.FormatFloat(x/u.size, 'g', 3, 64)) + " " + u.name
		}
	}
	return figure(x)
}

func duration(seconds float64) string {
	switch {
	case seconds <= 0:
		return "0 s"
	case seconds < 0.995:
		return fmt.Sprintf("%.0f ms", math.Max(1, seconds*1000))
	case seconds < 59.95:
		return fmt.Sprintf("%.1f s", seconds)
	case seconds < 3570:
		return fmt.Sprintf("%.1f min", seconds/60)
	case seconds < 48*3600:
		return fmt.Sprintf("%.1f h", seconds/3600)
	}
	return fmt.Sprintf("%s days", figure(seconds/86400))
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// capital makes a sentence begin with a capital letter.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || strings.HasPrefix(s, "exp ") || strings.HasPrefix(s, "lms ") { // a formula stays as it is
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// clip cuts a text to at most n bytes at a character's border.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// excerpt shortens a text to at most n characters on one line, and shows what could disturb the page: breaks as ⏎, control characters as their pictures.
func excerpt(s string, n int) string {
	var b strings.Builder
	k, space, broken := 0, true, false
	for _, r := range strings.ToValidUTF8(s, "�") {
		if r == '\n' || r == '\r' || r == '\t' || r == ' ' || r == '⏎' {
			space = true
			broken = broken || r == '\n' || r == '⏎'
			continue
		}
		gap := ""
		switch {
		case broken && k > 0:
			gap = " ⏎ "
		case space && k > 0:
			gap = " "
		}
		space, broken = false, false
		if k += utf8.RuneCountInString(gap) + 1; k > n {
			return b.String() + "…"
		}
		b.WriteString(gap)
		b.WriteRune(picture(r))
	}
	return b.String()
}

// picture returns the sign for a control character, and any other character as it is.
func picture(r rune) rune {
	switch {
	case r < 0x20:
		return r + 0x2400
	case r == 0x7F:
		return '␡'
	}
	return r
}

// limitNumber writes a threshold as short as it is: 0.5, not 0.5000.
func limitNumber(x float64) string {
	s := strconv.FormatFloat(x, 'g', 4, 64)
	if strings.Contains(s, "e") || math.Abs(x) >= 1000 {
		return figure(x)
	}
	return minus(s)
}
