package corpus

// Embedded are the files that are part of the program.
var Embedded = files
