#pragma once

#include "CLibTorch.h"

const struct UniferenceGroupFunctions &groupFunctions();
