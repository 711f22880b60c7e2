#include <trawl/store/dataset.hpp>
