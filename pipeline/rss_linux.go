package pipeline

// rssUnit is the unit of Rusage.Maxrss in bytes: kibibytes on Linux.
const rssUnit = 1 << 10
