#include "../store/private.hpp"
#include "comm/group.hpp"
